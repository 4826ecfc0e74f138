//! SASL binds of our own (RFC 4513, section 5.2), before the client library gets the connection.
//!
//! Message numbers begin at 1 here and again with the library: a number is free once its answer has come (RFC 4511, section
//! 4.1.1.1).

use super::ber::{self, INTEGER, Malformed, OCTETS, SEQUENCE};
use super::failure::{Answered, Failure};
use super::guard;
use super::message::{self, Meaning};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

/// Kerberos (RFC 4752).
pub(super) const GSSAPI: &str = "GSSAPI";

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
/// `sasl` among the ways to authenticate.
const SASL: u8 = 0xa3;
/// `serverSaslCreds`.
const SERVER_TOKEN: u8 = 0x87;
/// `saslBindInProgress`.
const IN_PROGRESS: u32 = 14;

/// Active Directory's largest token.
const LARGEST_TOKEN: usize = 64 * 1024;

/// What a server answers to a step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// We are in.
    Bound,
    /// It wants to hear more, and says this.
    More(Vec<u8>),
    /// It does not let us in.
    Refused(Answered),
}

/// One step: our token, and the server's answer to it.
pub(super) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    number: u8,
    mechanism: &str,
    token: &[u8],
) -> Result<Answer, Failure> {
    stream.write_all(&request(number, mechanism, token)).await.map_err(Failure::Io)?;
    stream.flush().await.map_err(Failure::Io)?;
    let mut message = Vec::new();
    guard::next(stream, &mut message).await?;
    match message::check(&mut message).map_err(Failure::Malformed)? {
        Meaning::Result(answered) => {
            let token = server_token(&message, number).map_err(Failure::Malformed)?;
            Ok(match answered.code {
                // The server's last word may come with it; after GSSAPI there is none.
                0 if token.is_empty() => Answer::Bound,
                0 => return Err(Failure::Malformed("a word after the last one")),
                IN_PROGRESS => Answer::More(token),
                _ => Answer::Refused(answered),
            })
        }
        Meaning::Disconnection(answered) => Err(Failure::Answer(answered)),
        Meaning::Part => Err(Failure::Malformed("an answer to a question nobody asked")),
    }
}

/// A bind request (RFC 4511, section 4.2). Nobody's name is in it: the token tells who we are.
fn request(number: u8, mechanism: &str, token: &[u8]) -> Vec<u8> {
    let sasl = [element(OCTETS, mechanism.as_bytes()), element(OCTETS, token)].concat();
    let bind = [element(INTEGER, &[3]), element(OCTETS, b""), element(SASL, &sasl)].concat();
    element(SEQUENCE, &[element(INTEGER, &[number]), element(BIND_REQUEST, &bind)].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => bytes.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let digits = length.iter().position(|byte| *byte != 0).map_or(&length[..], |at| &length[at..]);
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            bytes.extend_from_slice(digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// The token in a message that has been checked; empty where none is.
fn server_token(message: &[u8], number: u8) -> Result<Vec<u8>, Malformed> {
    let (_, start, length) = ber::header(message)?.ok_or("no message")?;
    let parts = ber::elements(message, start, start + length)?;
    let [id, operation, ..] = parts.as_slice() else { return Err("no message") };
    if ber::number(id.of(message)) != Some(u32::from(number)) || operation.tag != BIND_RESPONSE {
        return Err("an answer to a question nobody asked");
    }
    let parts = ber::elements(message, operation.start, operation.end)?;
    let token = parts.iter().find(|part| part.tag == SERVER_TOKEN).map(|part| part.of(message));
    let token = token.unwrap_or_default();
    if token.len() > LARGEST_TOKEN { Err("a token of more than 64 KiB") } else { Ok(token.to_vec()) }
}

/// What a server answers to a step.
#[cfg(test)]
pub(super) fn response(number: u8, code: u8, token: &[u8]) -> Vec<u8> {
    let mut bind = [element(0x0a, &[code]), element(OCTETS, b""), element(OCTETS, b"so")].concat();
    if !token.is_empty() {
        bind.extend(element(SERVER_TOKEN, token));
    }
    element(SEQUENCE, &[element(INTEGER, &[number]), element(BIND_RESPONSE, &bind)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_it_should() {
        let small = b"\x30\x16\x02\x01\x02\x60\x11\x02\x01\x03\x04\x00\xa3\x0a\x04\x06GSSAPI\x04\x00";
        assert_eq!(request(2, GSSAPI, b""), small);
        let large = request(1, GSSAPI, &[7; 300]);
        let (_, start, length) = ber::header(&large).unwrap().unwrap();
        assert_eq!(start + length, large.len());
        ber::check(&large, start, start + length).unwrap();
    }

    async fn answered(answer: Vec<u8>) -> Result<Answer, Failure> {
        let (mut ours, mut theirs) = tokio::io::duplex(100_000);
        theirs.write_all(&answer).await.unwrap();
        ask(&mut ours, 3, GSSAPI, b"token").await
    }

    #[tokio::test]
    async fn answers_are_understood_or_refused() {
        assert_eq!(answered(response(3, 0, b"")).await.unwrap(), Answer::Bound);
        assert_eq!(answered(response(3, 14, b"x")).await.unwrap(), Answer::More(b"x".to_vec()));
        assert_eq!(answered(response(3, 14, b"")).await.unwrap(), Answer::More(Vec::new()));
        let refused = Answered { code: 49, text: "so".to_owned() };
        assert_eq!(answered(response(3, 49, b"")).await.unwrap(), Answer::Refused(refused));
        for wrong in [
            response(2, 0, b""),
            response(3, 0, b"x"),
            response(3, 14, &vec![1; LARGEST_TOKEN + 1]),
            // The end of a search.
            element(
                SEQUENCE,
                &[element(INTEGER, &[3]), element(0x65, b"\x0a\x01\x00\x04\x00\x04\x00")].concat(),
            ),
        ] {
            let answer = answered(wrong).await;
            assert!(matches!(answer, Err(Failure::Malformed(_))), "{answer:?}");
        }
    }
}
