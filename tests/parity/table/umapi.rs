//! The connector to Adobe, `connector-umapi.yml` (1.4).

use super::call::{Call, call};
use super::{KEYRING, ORGANIZATIONS, Row, differs, differs_tested, left_out, same, steps, tested};
use crate::support::{World, group, person, seed};
use rcgen::{CertificateParams, KeyPair};
use umsync_emulator::{Effect, Endpoint, Fault, Options, Seed, Tls};

fn ann() -> Call {
    call("--process-groups").people(&["ann [DG1]"])
}

const DONE: &[&str] = &["ann [AG1]"];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = server();
    rows.extend(credential());
    rows.extend(rest());
    rows
}

/// UMA-2 to UMA-7.
fn server() -> Vec<Row> {
    vec![
        // The addresses of every call here are of its file, so each of them is reached as that says.
        same(&["UMA-2", "UMA-3"], ann().ends(DONE)),
        same(
            &["UMA-2"],
            ann()
                .with("server", "endpoint: /v2/usermanagement/")
                .reports(&["Adobe's own, which umsync uses"])
                .ends(DONE),
        ),
        same(
            &["UMA-3", "UMA-4"],
            ann()
                .with("server", "auth_host")
                .with("server", "ims_host: ims.test")
                .with("server", "auth_endpoint: /ims/token/v2")
                .ends(DONE),
        ),
        steps(&["UMA-4"], tokens_are_asked_for_where_it_says),
        steps(&["UMA-5"], nobody_is_waited_for_longer_than_it_says),
        same(&["UMA-5"], ann().with("server", "timeout: 0").reports(&["nobody waits for ever"]).ends(DONE)),
        same(
            &["UMA-6"],
            ann().with("server", "retries: 7").reports(&["umsync repeats what may be repeated"]).ends(DONE),
        ),
        tested(
            &["UMA-6", "retry"],
            &[
                "tests/adobe.rs::d34_a_storm_of_429_is_waited_out",
                "tests/adobe.rs::d37_a_504_after_the_work_was_done_is_looked_up_and_nothing_is_done_twice",
                "tests/matrix/inside.rs::every_fault_at_every_request_ends_well_or_is_told",
                "tests/matrix/program.rs::the_program_ends_well_or_tells_what_did_not",
            ],
        ),
        differs_tested(
            &["retry"],
            "B16",
            &["tests/parity/faults.rs::b16_b10_adobes_silence_is_obeyed_and_told_and_not_slept_through"],
        ),
        differs(
            &["UMA-7"],
            "B17",
            "believes whoever answers",
            ann()
                .with("server", "ssl_verify: false")
                .reports(&["certificates of Adobe's side are always verified"])
                .ends(DONE),
        ),
        differs(
            &["UMA-7"],
            "B15",
            "ignores it without a word where its manual has it",
            ann().with("umapi", "ssl_verify: false").reports(&["umapi: ssl_verify", "(B15)"]).ends(DONE),
        ),
        steps(&["UMA-7", "OPT-14"], whoever_cannot_prove_to_be_adobe_is_told_nothing),
        same(
            &["UMA-7"],
            ann().with("server", "ssl_verify: true").reports(&["what umsync always does"]).ends(DONE),
        ),
    ]
}

/// UMA-1 and UMA-8 to UMA-13.
fn credential() -> Vec<Row> {
    const JWT: &str = "make an OAuth server-to-server credential";
    vec![
        same(&["UMA-1", "OAuth"], ann().with("umapi", "authentication_method: oauth").ends(DONE)),
        tested(
            &["OAuth"],
            &[
                "crates/umapi/tests/manners/begin.rs::a_token_is_asked_for_as_documented",
                "tests/adobe.rs::d35_a_token_that_ends_in_the_middle_of_a_run_is_replaced",
            ],
        ),
        // Adobe ended it; who makes the credential that the report asks for has the same as before.
        same(
            &["UMA-1", "UMA-11", "UMA-12", "UMA-13"],
            ann()
                .with("umapi", "authentication_method")
                .with("enterprise", "tech_acct_id: t@techacct.adobe.com")
                .with("enterprise", "priv_key_path: private.key")
                .with("enterprise", "priv_key_pass: hush")
                .reports(&[JWT, "it belongs to credentials with JWT"])
                .ends(DONE),
        ),
        same(
            &["UMA-11", "UMA-12"],
            ann()
                .with("umapi", "authentication_method: jwt")
                .with("enterprise", "tech_acct: t@techacct.adobe.com")
                .with("enterprise", "priv_key_data: '-----BEGIN RSA PRIVATE KEY-----'")
                .reports(&[JWT, "it belongs to credentials with JWT"])
                .ends(DONE),
        ),
        differs(
            &["UMA-1"],
            "B19",
            "takes it for `jwt` without a word",
            ann().with("umapi", "authentication_method: OAuth2").reports(&["(B19:", JWT]).ends(DONE),
        ),
        same(&["UMA-8"], ann().with("enterprise", "org_id").refused(&["org_id"])),
        same(
            &["UMA-9"],
            ann().with("enterprise", "client_id").with("enterprise", "api_key: umsync-sandbox").ends(DONE),
        ),
        same(
            &["UMA-9"],
            ann()
                .with("enterprise", "api_key: umsync-sandbox")
                .refused(&["either this or api_key belongs here"]),
        ),
        same(&["UMA-9"], ann().with("enterprise", "client_id").refused(&["client_id"])),
        same(&["UMA-10"], ann().with("enterprise", "client_secret").refused(&["client_secret"])),
        same(
            &["UMA-10"],
            ann()
                .with("enterprise", "secure_client_secret_key: name")
                .refused(&["either this or secure_client_secret_key belongs here"]),
        ),
        left_out(&["UMA-9", "UMA-10", "UMA-12", "UMA-13", "keyring"], KEYRING),
    ]
}

/// UMA-14 to UMA-18.
fn rest() -> Vec<Row> {
    vec![
        left_out(&["UMA-14"], ORGANIZATIONS),
        same(
            &["UMA-15"],
            call("--process-groups --update-user-info")
                .with("umapi", "uses_business_id: true")
                .people(&["ann [DG1]"])
                .before(&["ann [Other]; type=adobe"])
                .ends(&["ann [AG1, Other]; type=adobe"]),
        ),
        same(
            &["UMA-16"],
            ann().with("umapi", "logger_name: x").reports(&["it names lines in a log"]).ends(DONE),
        ),
        same(
            &["UMA-17"],
            ann()
                .with("umapi", "colour: red")
                .reports(&["umapi: colour", "does not know this key"])
                .ends(DONE),
        ),
        // It does not run with these; here they are named, and nothing runs before somebody has read that.
        same(&["UMA-17"], ann().with("server", "colour: red").reports(&["umapi: server.colour"]).ends(DONE)),
        tested(
            &["UMA-17"],
            &[
                "tests/import_ust/keys.rs::every_key_is_in_exactly_one_list",
                "tests/parity/faults.rs::b15_b19_a_key_or_a_word_that_means_nothing_is_an_error",
            ],
        ),
        tested(
            &["UMA-18"],
            &["tests/modes.rs::test_mode_leaves_adobe_byte_identical_and_says_test_only_on_every_action"],
        ),
    ]
}

fn tokens_are_asked_for_where_it_says() {
    for (line, path) in
        [("auth_endpoint: /ims/token/v3", "/ims/token/v3"), ("auth_endpoint: ims/token/v2/", "/ims/token/v2")]
    {
        let world = ann().with("server", line).converted(None);
        world.run(&["sync"]).with(0);
        let asked = world.adobe.calls(Endpoint::Token);
        assert!(!asked.is_empty() && asked.iter().all(|call| call.path == path), "{line}: {asked:?}");
    }
}

fn nobody_is_waited_for_longer_than_it_says() {
    let world = ann().with("server", "timeout: 0.3").converted(None);
    let text = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    assert!(text.contains("timeout: 300ms"), "{text}");
    let late = Effect::DelayReply(std::time::Duration::from_secs(5));
    world.adobe.faults().add(Fault::on(Endpoint::Action, late).nth(1));
    // Nobody waits for the answer: what became of it is looked up, and it was done.
    world.run(&["sync"]).with(0);
    assert_eq!(world.adobe.calls(Endpoint::User).len(), 1);
    assert_eq!(world.members("AG1"), ["ann@example.com"]);
    assert_eq!(world.actions(), 1);
}

/// Without `ssl_verify` the User Sync Tool shows its secret to anybody (B17).
fn whoever_cannot_prove_to_be_adobe_is_told_nothing() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let certificates = certificate.self_signed(&key).unwrap().pem();
    let seed = Seed::parse(&seed(&["AG1"], &[])).unwrap();
    let tls = Some(Tls { certificates: certificates.clone(), key: key.serialize_pem() });
    let options = Options { tls, ..Options::seeded(seed) }.unthrottled();
    let world = World::with(options, &(person("ann", &[]) + &group("DG1", &["ann"])));
    let rules = "groups: [{directory: DG1, adobe: [AG1]}]\n";
    world.configure(rules);
    let ended = world.run_unchecked(&["sync"]).with(78);
    assert!(ended.stderr.to_lowercase().contains("certificate"), "{}", ended.stderr);
    // Adobe itself need not prove to be an emulator, and nobody waits for another certificate.
    world.configure_with(&[], rules);
    world.run_unchecked(&["plan"]).with(78).says(&["cannot prove to be Adobe", "adobe.ca_file"]);
    assert!(world.adobe.log().is_empty(), "{:?}", world.adobe.log());
    // It is this alone that was missing.
    world.write("ca.pem", &certificates);
    world.configure_with(&["every: 0s", "pace: off", "ca_file: ca.pem"], rules);
    world.run_unchecked(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["ann@example.com"]);
}
