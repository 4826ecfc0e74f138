//! Mutants of recorded messages against everything that stands before the client library.

use super::ber;
use super::guard;
use super::message::{self, Meaning};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;

/// What OpenLDAP 2.5 and Active Directory said to a bind, to StartTLS, to searches, and when they hung up, in hexadecimal.
const CORPUS: [&str; 12] = [
    // OpenLDAP: bind; wrong password; StartTLS; not understood.
    "300c02010161070a010004000400",
    "300c02010161070a013104000400",
    "300c02010178070a010004000400",
    "302002010278 1b0a0102040004 14756e737570706f7274656420 6f7065726174696f6e",
    // OpenLDAP: an entry with mail and member, the end of a page with its control, an empty end, a size limit.
    "304e020103644904227569643d70312c6f753d70656f706c652c64633d6578616d706c652c64633d636f6d30233021 04046d61696c311904 0b7031406578616d706c65 04 0a7032406578616d706c",
    "303c02010365070a010004000400a02e302c0416312e322e3834302e3131333535362e312e342e33313904 123010020100040b 6162636465666768696a6b",
    "300c02010465070a012004000400",
    "300c02010465070a010404000400",
    // Active Directory: lengths of four bytes; an error with its diagnosis; a reference; its farewell.
    "308400000010020101618400000007 0a010004000400",
    "30840000002b020102658400000022 0a0101 0400 041b 30303030303444433a204c6461704572723a20445349442d304300",
    "308400000033020103738400000 02a04286c6461703a2f2f466f72657374446e735a6f6e65732e6578616d706c652e636f6d2f44433d78",
    "308400000028020100788400000 0090a013404000402 6869 8a16312e332e362e312e342e312e313436362e3230303336",
];

fn recorded() -> Vec<Vec<u8>> {
    let bytes = |text: &str| {
        let digits: Vec<u8> = text.bytes().filter(|digit| *digit != b' ').collect();
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect::<Vec<u8>>()
    };
    CORPUS.map(bytes).to_vec()
}

/// xorshift64*: the same mutants every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        // The bytes that mean something: tags, short and long lengths, signs.
        const TELLING: [u8; 16] =
            [0, 1, 2, 4, 10, 0x30, 0x31, 0x61, 0x64, 0x65, 0x7f, 0x80, 0x84, 0x88, 0xa0, 0xff];
        if self.below(2) == 0 { TELLING[self.below(16)] } else { u8::try_from(self.below(256)).unwrap() }
    }

    /// One to four changes.
    fn mutate(&mut self, message: &mut Vec<u8>, others: &[Vec<u8>]) {
        for _ in 0..=self.below(4) {
            let at = self.below(message.len());
            match self.below(7) {
                0 if !message.is_empty() => message[at] = self.byte(),
                1 if !message.is_empty() => message[at] ^= 1 << self.below(8),
                2 => message.insert(at, self.byte()),
                3 if !message.is_empty() => drop(message.remove(at)),
                4 => message.truncate(at),
                5 => {
                    let other = &others[self.below(others.len())];
                    let from = self.below(other.len());
                    message.splice(at.., other[from..].iter().copied());
                }
                _ => {
                    let end = at + self.below(message.len() - at);
                    let piece = message[at..end].to_vec();
                    message.splice(at..at, piece);
                }
            }
        }
    }
}

/// Everything a message went through unchanged, but for text that was not UTF-8.
fn is_what_came(came: &[u8], passed: &[u8]) -> bool {
    came.len() == passed.len()
        && came.iter().zip(passed).all(|(came, passed)| came == passed || (*came >= 0x80 && *passed == b'?'))
}

#[test]
fn recorded_messages_are_accepted_as_they_are() {
    for message in recorded() {
        let mut passed = message.clone();
        let meaning = message::check(&mut passed);
        assert!(meaning.is_ok(), "{message:02x?}: {meaning:?}");
        assert_eq!(passed, message);
    }
}

#[test]
fn d56_mutants_are_refused_or_pass_as_they_came_and_the_client_can_decode_them() {
    let corpus = recorded();
    let mut chance = Chance(0x5eed_1dab);
    let begun = Instant::now();
    let (mut accepted, mut refused, mut cleaned) = (0, 0, 0);
    for round in 0..200_000 {
        let mut came = corpus[round % corpus.len()].clone();
        chance.mutate(&mut came, &corpus);
        let mut passed = came.clone();
        match message::check(&mut passed) {
            Ok(meaning) => {
                assert!(is_what_came(&came, &passed), "{came:02x?}\n{passed:02x?}");
                cleaned += usize::from(came != passed);
                accepted += 1;
                // The client library decodes it whole, at once, and with nothing left.
                let decoded = ldap3::asn1::parse_tag(&passed);
                assert!(matches!(decoded, Ok(([], _))), "{came:02x?}");
                if let Meaning::Result(answered) | Meaning::Disconnection(answered) = meaning {
                    assert!(answered.text.len() <= came.len() * 3);
                }
            }
            Err(_) => {
                refused += 1;
                // What is refused later may already have been cleaned; it goes nowhere.
                assert_eq!(passed.len(), came.len());
            }
        }
        let _ = ber::check(&came, 0, came.len());
        let _ = ber::header(&came);
    }
    let took = begun.elapsed();
    let _ = std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!(
            "200000 mutants in {took:.1?}: {accepted} accepted ({cleaned} with cleaned text), {refused} refused\n"
        ),
    );
    assert!(accepted > 1000 && refused > 100_000, "the mutants are neither too tame nor too wild");
    assert!(took < Duration::from_secs(60));
}

#[tokio::test]
async fn d56_a_stream_of_mutants_is_split_where_their_own_lengths_say() {
    let corpus = recorded();
    let mut chance = Chance(0xdeed_5eed);
    let (mut frames, mut ends) = (0, 0);
    for _ in 0..2000 {
        let mut stream = Vec::new();
        for _ in 0..8 {
            let mut message = corpus[chance.below(corpus.len())].clone();
            if chance.below(4) == 0 {
                chance.mutate(&mut message, &corpus);
            }
            stream.extend(message);
        }
        let mut server = stream.as_slice();
        let (mut message, mut carried) = (Vec::new(), Vec::new());
        while guard::next(&mut server, &mut message).await.is_ok() {
            frames += 1;
            carried.extend_from_slice(&message);
            // Memory is taken as bytes arrive, whatever the length says.
            assert!(message.capacity() <= 2 * stream.len() + 64, "{}", message.capacity());
        }
        ends += 1;
        assert!(message.capacity() <= 2 * stream.len() + 64, "{}", message.capacity());
        assert!(stream.starts_with(&carried), "frames are a beginning of what came, byte for byte");
    }
    assert!(frames > 2 * ends, "{frames} frames in {ends} streams");
}

#[tokio::test]
async fn d56_a_length_that_is_a_lie_takes_no_memory() {
    for header in [
        [0x30, 0x84, 0x10, 0, 0, 0].as_slice(),
        &[0x30, 0x84, 0x0f, 0xff, 0xff, 0xff],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        let mut server = header.chain([0; 100].as_slice());
        let mut message = Vec::new();
        assert!(guard::next(&mut server, &mut message).await.is_err());
        assert!(message.capacity() < 64 * 1024, "{header:02x?}: {}", message.capacity());
    }
}
