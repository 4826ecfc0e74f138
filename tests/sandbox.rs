//! The emulator by hand: what it prints, and what it keeps.

use crate::support::process::{kill, terminate};
use crate::support::{awaited, program, seed, user};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use tempfile::TempDir;

const ORGANIZATION: &str = crate::support::ORGANIZATION;

/// A running sandbox, its address, and what it printed first.
struct Sandbox {
    child: Child,
    printed: BufReader<ChildStdout>,
    address: String,
    greeting: String,
}

impl Sandbox {
    fn start(seed: &Path) -> Self {
        let mut command = program(&["sandbox", "--listen", "127.0.0.1:0", "--seed", seed.to_str().unwrap()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        while !greeting.ends_with("Ctrl-C ends it.\n\n") {
            assert_ne!(printed.read_line(&mut greeting).unwrap(), 0, "it ended: {greeting}");
        }
        let (_, url) = greeting.split_once("http://").unwrap();
        let address = url.split_once(". ").unwrap().0.to_owned();
        Self { child, printed, address, greeting }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.printed.read_line(&mut line).unwrap();
        // Without the time.
        line.split_once(' ').unwrap().1.trim_end().to_owned()
    }

    fn send(&self, request: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Requests with the key and a token of the seed's own client.
    fn signed(&mut self, request: &str, body: &str) -> String {
        let form = "grant_type=client_credentials&client_id=key&client_secret=new&scope=openid,AdobeID,user_management_sdk";
        let answer = self.send("POST /ims/token/v3", "", form);
        let (_, token) = answer.split_once("\"access_token\":\"").unwrap();
        let token = token.split_once('"').unwrap().0;
        assert_eq!(self.line(), "POST token -> 200");
        self.send(request, &format!("X-Api-Key: key\r\nAuthorization: Bearer {token}\r\n"), body)
    }
}

#[test]
fn a_sandbox_prints_each_request_and_keeps_its_organization_beside_the_seed() {
    let folder = TempDir::new().unwrap();
    let mut adobe: serde_json::Value =
        serde_json::from_str(&seed(&["Design Team"], &[user("ann", &[])])).unwrap();
    adobe["clients"] = serde_json::json!([{"client_id": "key", "secrets": ["new", "old"]}]);
    adobe["faults"] =
        serde_json::json!([{"on": "groups", "times": 1, "effect": {"refuse": {"status": 503}}}]);
    let file = folder.path().join("adobe.json");
    std::fs::write(&file, adobe.to_string()).unwrap();

    let mut sandbox = Sandbox::start(&file);
    for words in ["client_id: key", "[echo, new]", "adobe.state.json", ORGANIZATION] {
        assert!(sandbox.greeting.contains(words), "{}", sandbox.greeting);
    }
    let action = format!("POST /v2/usermanagement/action/{ORGANIZATION}");
    let command = r#"[{"user": "ann@example.com", "do": [{"add": {"group": ["Design Team"]}}]},
        {"user": "nobody@example.com", "do": [{"add": {"group": ["Design Team"]}}]}]"#;
    assert!(sandbox.signed(&action, command).contains("\"result\":\"partial\""));
    assert_eq!(sandbox.line(), "POST action, 2 commands -> 200, 1 done, 1 failed: error.user.nonexistent");
    sandbox.signed(&format!("GET /v2/usermanagement/groups/{ORGANIZATION}/0"), "");
    assert_eq!(sandbox.line(), "GET groups, page 0 -> 503 (by a fault)");
    kill(sandbox.child);

    let mut sandbox = Sandbox::start(&file);
    let members = format!("GET /v2/usermanagement/users/{ORGANIZATION}/0/Design%20Team");
    assert!(sandbox.signed(&members, "").contains("ann@example.com"), "kept, whatever ended it");
    assert_eq!(sandbox.line(), "GET members of Design Team, page 0 -> 200");
    terminate(&sandbox.child);
    awaited(sandbox.child).with(0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
