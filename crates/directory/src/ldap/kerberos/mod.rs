//! Kerberos: a ticket instead of a password, by SASL GSSAPI (RFC 4752), before the client library gets the connection.
//!
//! The system's Kerberos library takes its keytab from the environment and waits for a KDC as long as it likes. So it works
//! in a process of its own, the `agent`, which ends with the bind: every directory has its own keytab, no ticket outlives
//! its use, and whatever the library does has an end. The two talk in lines:
//!
//! * the agent: `say TOKEN` is for the server, whose answer is wanted; `done TOKEN` is for the server, who must be content
//!   with it; `no KIND TEXT` is why there is nothing to say;
//! * we: what the server answered.
//!
//! Only over TLS, where no further layer is wanted: Active Directory refuses to sign what is encrypted already. The ticket
//! is bound to the server's certificate (`binding`), so that nobody can stand between.

#[cfg(feature = "kerberos")]
pub(super) mod agent;
mod binding;
mod trouble;

pub(super) use binding::endpoint;
pub use trouble::Trouble;

use super::failure::{Answered, Failure};
use super::sasl::{self, Answer};
use super::settings::Kerberos;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout_at};

/// A bind takes three rounds, four at most.
const ROUNDS: u8 = 8;

/// Active Directory's largest token is 64 KiB; base64 adds a third.
const LONGEST_LINE: u64 = 256 * 1024;

/// What the Kerberos library may be told by the environment. Nothing else is handed on: secrets may be there.
const ENVIRONMENT: [&str; 8] =
    ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR"];

/// Binds to the server at the other end of `stream`, which is `host` in the configuration.
pub(super) async fn bind<S>(
    stream: &mut S,
    host: &str,
    kerberos: &Kerberos,
    binding: Option<&[u8]>,
    patience: Duration,
) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deadline = Instant::now() + patience;
    let mut agent = Agent::start(kerberos, host, binding)?;
    for number in 1..=ROUNDS {
        let Ok(word) = timeout_at(deadline, agent.word()).await else {
            return Err(Failure::Kerberos { trouble: Trouble::Slow(patience), detail: String::new() });
        };
        let (token, last) = match word? {
            Word::Say(token) => (token, false),
            Word::Done(token) => (token, true),
        };
        let asked = timeout_at(deadline, sasl::ask(stream, number, sasl::GSSAPI, &token));
        match asked.await.unwrap_or(Err(Failure::TimedOut(patience)))? {
            Answer::Bound if last => return Ok(()),
            Answer::More(token) if !last => agent.hear(&token).await?,
            Answer::Refused(answered) => return Err(refused(answered)),
            // A yes to half a question proves nothing of who says it.
            Answer::Bound | Answer::More(_) => break,
        }
    }
    Err(Failure::Malformed("an end of the bind where none was due"))
}

/// Whoever refuses a ticket rarely refuses it with the code for passwords alone.
fn refused(answered: Answered) -> Failure {
    match answered.code {
        1 | 48 | 49 | 80 => Failure::TicketRefused(answered),
        _ => Failure::Answer(answered),
    }
}

/// The process that speaks with the Kerberos library. It ends when this is dropped.
struct Agent {
    // Ended before its pipes are closed, of which it would complain.
    _child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    has_keytab: bool,
}

/// What the agent has for the server.
enum Word {
    Say(Vec<u8>),
    Done(Vec<u8>),
}

impl Agent {
    fn start(kerberos: &Kerberos, host: &str, binding: Option<&[u8]>) -> Result<Self, Failure> {
        let Kerberos { principal, keytab, agent } = kerberos;
        let [program, arguments @ ..] = agent.as_slice() else { return Err(broken("there is none")) };
        let kept = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            ENVIRONMENT.contains(&&*name)
                || ["KRB5", "GSS", "LC_"].iter().any(|beginning| name.starts_with(beginning))
        });
        let mut command = Command::new(program);
        command.args(arguments).arg("--service").arg(format!("ldap/{host}")).env_clear().envs(kept);
        if let Some(principal) = principal {
            command.arg(format!("--principal={principal}"));
        }
        if let Some(binding) = binding {
            command.arg("--binding").arg(STANDARD.encode(binding));
        }
        if let Some(keytab) = keytab {
            let mut place = OsString::from("FILE:");
            place.push(keytab);
            // The ticket stays in the agent's memory, and nobody else's is taken for ours.
            command.env("KRB5_CLIENT_KTNAME", place).env("KRB5CCNAME", "MEMORY:umsync");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| broken(&error.to_string()))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => {
                let from = BufReader::new(from);
                Ok(Self { _child: child, to, from, has_keytab: keytab.is_some() })
            }
            _ => Err(broken("it has no pipes")),
        }
    }

    async fn word(&mut self) -> Result<Word, Failure> {
        let mut line = String::new();
        let read = (&mut self.from).take(LONGEST_LINE).read_line(&mut line).await;
        read.map_err(|error| broken(&error.to_string()))?;
        let Some((word, rest)) = line.strip_suffix('\n').and_then(|line| line.split_once(' ')) else {
            return Err(broken("it ended before the bind did"));
        };
        let token = || STANDARD.decode(rest).map_err(|_| broken("it does not make sense"));
        match word {
            "say" => token().map(Word::Say),
            "done" => token().map(Word::Done),
            "no" => {
                let (kind, detail) = rest.split_once(' ').unwrap_or((rest, ""));
                let trouble = Trouble::called(kind).ok_or_else(|| broken("it does not make sense"))?;
                Err(match trouble {
                    // The library would have fetched a ticket if it had found the key, and tells of a cache instead.
                    Trouble::NoTicket if self.has_keytab => {
                        Failure::Kerberos { trouble: Trouble::NoKey, detail: String::new() }
                    }
                    _ => Failure::Kerberos { trouble, detail: detail.to_owned() },
                })
            }
            _ => Err(broken("it does not make sense")),
        }
    }

    async fn hear(&mut self, token: &[u8]) -> Result<(), Failure> {
        let line = STANDARD.encode(token) + "\n";
        self.to.write_all(line.as_bytes()).await.map_err(|error| broken(&error.to_string()))
    }
}

fn broken(why: &str) -> Failure {
    Failure::Kerberos { trouble: Trouble::Agent, detail: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::guard;

    /// An agent that does what these lines of shell say.
    fn agent(script: &str) -> Kerberos {
        let agent = ["sh", "-c", script].map(OsString::from).to_vec();
        Kerberos { principal: Some("-a b".to_owned()), keytab: Some("some.keytab".into()), agent }
    }

    /// Binds to a server that gives these answers, a result code and a token each; what it was asked comes back too.
    async fn bound(script: &str, answers: &[(u8, &[u8])]) -> (Result<(), Failure>, Vec<Vec<u8>>) {
        let (mut ours, mut theirs) = tokio::io::duplex(4096);
        let answers = answers.to_vec();
        let server = async move {
            let mut asked = Vec::new();
            for (number, (code, token)) in (1..).zip(answers) {
                let mut question = Vec::new();
                if guard::next(&mut theirs, &mut question).await.is_err() {
                    break;
                }
                asked.push(question);
                theirs.write_all(&sasl::response(number, code, token)).await.unwrap();
            }
            asked
        };
        let client = async {
            let kerberos = agent(script);
            let bound = bind(&mut ours, "dc1", &kerberos, Some(b"tie"), Duration::from_secs(60)).await;
            drop(ours);
            bound
        };
        tokio::join!(client, server)
    }

    #[tokio::test]
    async fn the_agent_and_the_server_talk_through_us() {
        // `b25l`: one, `dHdv`: two, `dGhyZWU=`: three.
        let script = "echo say b25l; read heard; [ $heard = dHdv ] && echo done dGhyZWU=; read more";
        let (bound, asked) = bound(script, &[(14, b"two"), (0, b"")]).await;
        bound.unwrap();
        assert!(asked[0].ends_with(b"GSSAPI\x04\x03one") && asked[1].ends_with(b"GSSAPI\x04\x05three"));
    }

    #[tokio::test]
    async fn the_agent_is_told_what_it_needs_and_nothing_else() {
        let script = "echo no other $0 $* $KRB5_CLIENT_KTNAME $KRB5CCNAME; read more";
        let (told, _) = bound(script, &[]).await;
        let Err(Failure::Kerberos { trouble: Trouble::Other, detail }) = told else { panic!("{told:?}") };
        assert_eq!(
            detail,
            "--service ldap/dc1 --principal=-a b --binding dGll FILE:some.keytab MEMORY:umsync"
        );
        // Cargo tells its tests a lot by the environment.
        assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")));
        let (told, _) = bound("echo no other $(env | grep -c CARGO); read more", &[]).await;
        let Err(Failure::Kerberos { trouble: Trouble::Other, detail }) = told else { panic!("{told:?}") };
        assert_eq!(detail, "0");
    }

    #[tokio::test]
    async fn only_a_whole_conversation_is_a_bind() {
        let through = "echo say b25l; read heard; echo done dGhyZWU=; read more";
        for (script, answers) in [
            // Yes before the server has proved anything; no end; more than a last word.
            (through, &[(0, b"".as_slice())][..]),
            ("while echo say b25l; do read heard; done", &[(14, b"x".as_slice()); 20]),
            (through, &[(14, b"x"), (14, b"x")]),
            (through, &[(14, b"x"), (0, b"x")]),
        ] {
            let (told, asked) = bound(script, answers).await;
            assert!(matches!(told, Err(Failure::Malformed(_))), "{told:?}");
            assert!(asked.len() <= usize::from(ROUNDS), "{}", asked.len());
        }
        for code in [1, 49, 80] {
            let (told, _) = bound(through, &[(14, b"x"), (code, b"")]).await;
            assert!(
                matches!(&told, Err(Failure::TicketRefused(told)) if told.code == u32::from(code)),
                "{told:?}"
            );
        }
        let (told, _) = bound(through, &[(7, b"")]).await;
        assert!(matches!(told, Err(Failure::Answer(Answered { code: 7, text: _ }))), "{told:?}");
        for broken in [
            "exit 0",
            "echo say",
            "echo say %%",
            "echo perhaps b25l",
            "echo no reason at all",
            "printf 'say b25l'",
        ] {
            let (told, _) = bound(&format!("{broken}; exit 1"), &[]).await;
            assert!(
                matches!(told, Err(Failure::Kerberos { trouble: Trouble::Agent, detail: _ })),
                "{broken}: {told:?}"
            );
        }
        // The agent hung up, and the server was content.
        let (told, _) = bound("echo say b25l; exec 0<&-; exit 0", &[(14, b"x")]).await;
        assert!(matches!(told, Err(Failure::Kerberos { trouble: Trouble::Agent, detail: _ })), "{told:?}");
    }
}
