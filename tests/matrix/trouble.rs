//! What goes wrong with a request.

use serde_json::{Value, json};
use std::time::Duration;
use umsync_emulator::{Effect, Endpoint, Fault, Reply};

/// Longer than the client waits in the run that meets it.
pub(super) const LATE: Duration = Duration::from_millis(1500);

/// For so long nobody sees an account that was made: over before two clocks are called unlike.
pub(super) const LAG: Duration = Duration::from_secs(200);

/// With which requests a trouble means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    All,
    Token,
    /// All but the token service.
    Api,
    Pages,
    Users,
    Actions,
}

impl On {
    pub(super) fn has(self, endpoint: Endpoint) -> bool {
        let is_page = matches!(endpoint, Endpoint::Users | Endpoint::Groups);
        match self {
            Self::All => true,
            Self::Token => endpoint == Endpoint::Token,
            Self::Api => endpoint != Endpoint::Token,
            Self::Pages => is_page,
            Self::Users => endpoint == Endpoint::Users,
            Self::Actions => endpoint == Endpoint::Action,
        }
    }
}

/// How much a run can know of its trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// An answer, or none, shows that something is wrong, or nothing is.
    Yes,
    /// Rows are missing and nothing counts them: that somebody may be missing shows, and not how many.
    Perhaps,
    /// Nothing does: rows are missing and the count agrees. Whom Adobe has, it makes once more without a word.
    No,
    /// Nothing does, and the next run does not see it either: accounts that it made appear later.
    Later,
    /// Somebody else changes the organization meanwhile, so that it need not be what the run has made of it.
    Rivals,
}

/// What goes wrong with a request, by name.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) what: String,
    /// All of them on the same request.
    pub(super) effects: Vec<Effect>,
    /// These on others.
    pub(super) beside: Vec<Fault>,
    pub(super) on: On,
    pub(super) shows: Shows,
}

impl Trouble {
    fn new(on: On, what: impl Into<String>, effects: impl Into<Vec<Effect>>) -> Self {
        Self { what: what.into(), effects: effects.into(), beside: Vec::new(), on, shows: Shows::Yes }
    }

    fn that_shows(self, shows: Shows) -> Self {
        Self { shows, ..self }
    }

    fn beside(self, faults: impl Into<Vec<Fault>>) -> Self {
        Self { beside: faults.into(), ..self }
    }

    /// Whether it is over only some time after the client has given up.
    pub(super) fn is_late(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::DelayReply(_) | Effect::DelayRequest(_)))
    }
}

/// Everything that goes wrong.
pub(super) fn troubles() -> Vec<Trouble> {
    let mut troubles = answers();
    troubles.extend(pages());
    troubles.extend(counts());
    troubles.extend(fields());
    troubles.extend(access());
    troubles.extend(changes());
    troubles
}

/// Other answers, or none.
fn answers() -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = Vec::new();
    let mut add = |what: String, effect| troubles.push(Trouble::new(On::All, what, [effect]));
    // Turned away unread.
    for status in [400, 401, 403, 404, 408, 418, 429, 500, 502, 503, 504, 520] {
        add(format!("{status}"), Effect::Refuse(Reply::status(status)));
    }
    for status in [429, 503] {
        for value in ["0", "-5", "soon", "1", "Thu, 01 Jan 1970 00:00:00 GMT", "700", "100000"] {
            let reply = Reply::status(status).retry_after(value);
            add(format!("{status} with Retry-After: {value}"), Effect::Refuse(reply));
        }
    }
    add("302".into(), Effect::Refuse(Reply::status(302).empty()));
    // Carried out, and answered with something else.
    for status in [500, 502, 503, 504] {
        add(format!("{status} after the work"), Effect::Replace(Reply::status(status)));
    }
    add("HTML with 200".into(), Effect::Refuse(Reply::status(200).html()));
    add("HTML with 200 after the work".into(), Effect::Replace(Reply::status(200).html()));
    add("nothing with 200 after the work".into(), Effect::Replace(Reply::status(200).empty()));
    let empty = Reply::status(200).body("application/json", "{}");
    add("an empty object after the work".into(), Effect::Replace(empty));
    add("JSON that stops".into(), Effect::TruncateJson);
    // Connections.
    add("closed before the work".into(), Effect::CloseBefore);
    add("cut after the work".into(), Effect::CutReply);
    add("cut in the middle of the answer".into(), Effect::CutMidReply);
    add("too late, and carried out".into(), Effect::DelayReply(LATE));
    add("too late, and carried out later".into(), Effect::DelayRequest(LATE));
    troubles
}

fn header(name: &str, value: Option<&str>) -> Effect {
    Effect::Header { name: name.to_owned(), value: value.map(str::to_owned) }
}

fn field(name: &str, value: Option<Value>) -> Effect {
    Effect::Field { name: name.to_owned(), value }
}

/// Pages that are not what they should be.
fn pages() -> Vec<Trouble> {
    let no_pages = || header("X-Page-Count", None);
    let mut troubles = vec![
        Trouble::new(On::Pages, "rows twice", [Effect::DuplicateRows(2)]),
        Trouble::new(On::Pages, "called the last", [Effect::LastPage(true)]),
        Trouble::new(On::Pages, "called the last, pages uncounted", [Effect::LastPage(true), no_pages()]),
        Trouble::new(On::Pages, "not called the last", [Effect::LastPage(false)]),
        Trouble::new(
            On::Pages,
            "not called the last, pages uncounted",
            [Effect::LastPage(false), no_pages()],
        ),
        Trouble::new(On::Pages, "no rows", [Effect::NoRows]),
        Trouble::new(On::Pages, "no rows, called the last", [Effect::NoRows, Effect::LastPage(true)]),
    ];
    // One that is missing is tolerated here, two are not.
    for count in [1, 2, 3] {
        troubles.push(Trouble::new(On::Pages, format!("{count} rows less"), [Effect::DropRows(count)]));
    }
    for by in [-3, -1, 1, 3] {
        troubles.push(Trouble::new(On::Pages, format!("shifted by {by}"), [Effect::ShiftRows(by)]));
    }
    // The rows of the page before it stand in place of its own.
    troubles.push(Trouble::new(On::Pages, "the page before it", [Effect::ShiftRows(-7)]));
    troubles
}

/// Counts that are not true.
fn counts() -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for value in [None, Some("0"), Some("3"), Some("1000000"), Some("soon"), Some("-1")] {
        let told = value.unwrap_or("none");
        let count = header("X-Total-Count", value);
        troubles.push(Trouble::new(On::Pages, format!("count: {told}"), [count]));
    }
    for value in [None, Some("0"), Some("1"), Some("9"), Some("soon")] {
        let told = value.unwrap_or("none");
        troubles.push(Trouble::new(
            On::Pages,
            format!("count of pages: {told}"),
            [header("X-Page-Count", value)],
        ));
    }
    let uncounted = || Fault::on(Endpoint::Users, header("X-Total-Count", None));
    let stale = || Fault::on(Endpoint::Users, header("X-Total-Count", Some("2")));
    for count in [1, 3] {
        let less = || vec![Effect::DropRows(count)];
        let what = format!("{count} rows less");
        troubles.push(
            Trouble::new(On::Users, format!("{what}, and no count"), less())
                .beside([uncounted()])
                .that_shows(Shows::Perhaps),
        );
        let hidden = Trouble::new(On::Users, format!("{what}, and a count of former days"), less());
        troubles.push(hidden.beside([stale()]).that_shows(Shows::No));
    }
    troubles
}

/// Fields that are missing or not true.
fn fields() -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let mut add = |on, name: &str, value: Option<Value>| {
        let told = value.as_ref().map_or("none".to_owned(), Value::to_string);
        troubles.push(Trouble::new(on, format!("{name}: {told}"), [field(name, value)]));
    };
    for value in [None, Some(json!("")), Some(json!(7)), Some(json!("another\nline"))] {
        add(On::Token, "access_token", value);
    }
    for value in [None, Some(json!(0)), Some(json!(-5)), Some(json!("soon")), Some(json!(u64::MAX))] {
        add(On::Token, "expires_in", value);
    }
    for value in [None, Some(json!("error")), Some(json!("Not found")), Some(json!(7))] {
        add(On::Api, "result", value);
    }
    for value in [None, Some(json!("true")), Some(json!(1))] {
        add(On::Pages, "lastPage", value);
    }
    for name in ["users", "groups"] {
        for value in [None, Some(Value::Null), Some(json!({})), Some(json!([null, 7, {}]))] {
            add(On::Pages, name, value);
        }
    }
    for name in ["completed", "notCompleted", "completedInTestMode"] {
        for value in [None, Some(json!(0)), Some(json!(3)), Some(json!("all"))] {
            add(On::Actions, name, value);
        }
    }
    for value in
        [json!([]), json!([{}]), json!({}), json!([{"index": 99, "step": 0, "errorCode": "error.x"}])]
    {
        add(On::Actions, "errors", Some(value));
    }
    troubles.push(Trouble::new(On::Actions, "errors left out", [Effect::OmitErrors]));
    troubles
}

/// Who may come in.
fn access() -> Vec<Trouble> {
    let locked_out = |seconds| vec![Effect::LockOut(seconds)];
    vec![
        Trouble::new(On::Api, "tokens that end", [Effect::ExpireTokens]),
        Trouble::new(On::Api, "locked out for a second", locked_out(1)),
        Trouble::new(On::Api, "locked out for an hour", locked_out(3600)),
    ]
}

/// What becomes of changes.
fn changes() -> Vec<Trouble> {
    let lag = || Effect::ReadLag(LAG.as_millis() as u64);
    let stale = || [Fault::on(Endpoint::User, Effect::Stale)];
    let gone = |email: &'static str| {
        Effect::meanwhile(move |org| {
            org.remove_user(email);
        })
    };
    let lost = || {
        [
            ("cut", Effect::CutReply),
            ("504", Effect::Replace(Reply::status(504))),
            ("too late", Effect::DelayReply(LATE)),
        ]
    };
    let mut troubles = vec![Trouble::new(On::Actions, "seen later", [lag()]).that_shows(Shows::Later)];
    for (how, effect) in lost() {
        let later = Trouble::new(On::Actions, format!("{how} after the work, seen later"), [lag(), effect]);
        troubles.push(later.that_shows(Shows::Later));
    }
    for (how, effect) in lost() {
        let what = format!("{how} after the work, and read back as it was before");
        troubles.push(Trouble::new(On::Actions, what, [effect]).beside(stale()));
    }
    for email in ["steady@example.com", "mover-0@example.com", "leaver-0@example.com"] {
        let rival = Trouble::new(On::All, format!("somebody removes {email}"), [gone(email)]);
        troubles.push(rival.that_shows(Shows::Rivals));
    }
    let out = Effect::meanwhile(|org| {
        org.leave_group("loser-0@example.com", "Video");
    });
    troubles.push(Trouble::new(On::All, "somebody takes a group away", [out]).that_shows(Shows::Rivals));
    troubles
}
