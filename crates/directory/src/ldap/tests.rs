//! Mutants of recorded messages against everything that stands before the client library.

use super::ber;
use super::entry;
use super::guard;
use super::message::{self, Meaning};
use crate::record::range;
use ldap3::asn1::{PL, StructureTag};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;

/// What OpenLDAP 2.5 said on the wire, in hexadecimal.
const RECORDED: [&str; 14] = [
    // A bind, and one with a wrong password.
    "300c02010161070a010004000400",
    "300c02010161070a013104000400",
    // StartTLS where there is no certificate.
    "302a02010278250a01020400041e756e737570706f7274656420657874656e646564206f7065726174696f6e",
    // Two entries, the end of a page with its cookie.
    "304f020102644a041164633d6578616d706c652c64633d636f6d303530330409656e7472795555494431260424623438\
     36656464382d376135312d313034312d393963662d326464353230383634643930",
    "30819702010264819104187569643d70312c64633d6578616d706c652c64633d636f6d307530100402636e310a040850\
     6572736f6e2031302c04046d61696c3124040e7031406578616d706c652e636f6d0412702d65696e73406578616d706c\
     652e636f6d30330409656e747279555549443126042462343838616238632d376135312d313034312d393964302d3264\
     64353230383634643930",
    "303902010265070a010004000400a02b30290416312e322e3834302e3131333535362e312e342e333139040f300d0201\
     0004080200000000000000",
    // An entry without attributes, a size limit, no such object, a DN that is none.
    "301a0201026415041164633d6578616d706c652c64633d636f6d3000",
    "300c02010265070a010404000400",
    "300c02010365070a012004000400",
    "301602010565110a01220400040a696e76616c696420444e",
    // A group, a referral, who we are, and the farewell to somebody who sent nonsense.
    "3061020104645c0418636e3d616c6c2c64633d6578616d706c652c64633d636f6d3040303e04066d656d626572313404\
     187569643d70312c64633d6578616d706c652c64633d636f6d04187569643d70322c64633d6578616d706c652c64633d\
     636f6d",
    "305602010765510a010a0418636e3d7265662c64633d6578616d706c652c64633d636f6d0400a330042e6c6461703a2f\
     2f6f746865722e6578616d706c652e636f6d2f64633d6f746865722c64633d636f6d3f3f62617365",
    "300e02010878090a0100040004008b00",
    "3032020100782d0a01020400040e6465636f64696e67206572726f728a16312e332e362e312e342e312e313436362e32\
     30303336",
];

/// An element with a length of four bytes.
fn wide(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], length.as_slice(), content].concat()
}

/// The recording, and the same things as Active Directory puts them: lengths of four bytes, a diagnosis in Latin-1, the
/// name of a farewell outside of its operation. (MS-ADTS 3.1.1.3.1)
fn corpus() -> Vec<Vec<u8>> {
    let bytes = |text: &str| {
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        text.as_bytes().chunks(2).map(pair).collect::<Vec<u8>>()
    };
    let id = wide(ber::INTEGER, &[2]);
    let code = |code: u8| wide(ber::ENUMERATED, &[code]);
    let text = |text: &[u8]| wide(ber::OCTETS, text);
    let message =
        |id: &[u8], operation: Vec<u8>, rest: Vec<u8>| wide(ber::SEQUENCE, &[id, &operation, &rest].concat());
    let outcome = |tag: u8, number: u8, diagnosis: &[u8]| {
        wide(tag, &[code(number), text(b""), text(diagnosis)].concat())
    };
    let page = wide(ber::SEQUENCE, &[wide(ber::INTEGER, &[0]), text(&[7; 12])].concat());
    let control = wide(ber::SEQUENCE, &[text(b"1.2.840.113556.1.4.319"), text(&page)].concat());
    let range = [text(b"member;range=0-1499"), wide(0x31, &text(b"CN=a,DC=x").repeat(3))].concat();
    let entry = [text(b"CN=g,DC=x"), wide(ber::SEQUENCE, &wide(ber::SEQUENCE, &range))].concat();
    let mut corpus = RECORDED.map(bytes).to_vec();
    corpus.extend([
        message(&id, outcome(0x61, 49, b"80090308: LdapErr: DSID-0C090447, data 52e, v4563\0"), Vec::new()),
        message(&id, outcome(0x65, 1, b"Ung\xfcltig"), Vec::new()),
        message(&id, outcome(0x65, 0, b""), wide(0xa0, &control)),
        message(&id, wide(0x64, &entry), Vec::new()),
        message(&id, wide(0x73, &text(b"ldap://x/DC=ForestDnsZones,DC=x")), Vec::new()),
        message(&wide(ber::INTEGER, &[0]), outcome(0x78, 52, b"bye"), wide(0x8a, b"1.3.6.1.4.1.1466.20036")),
    ]);
    corpus
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
    for message in corpus() {
        let mut passed = message.clone();
        let meaning = message::check(&mut passed);
        assert!(meaning.is_ok(), "{message:02x?}: {meaning:?}");
        assert!(is_what_came(&message, &passed), "{message:02x?}");
    }
}

#[test]
fn d56_mutants_are_refused_or_pass_as_they_came_and_the_client_can_decode_them() {
    let corpus = corpus();
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

/// An entry as the client library has it: its name, and its attributes with their values.
type Judged = (Vec<u8>, Vec<(String, Vec<Vec<u8>>)>);

fn judged(message: &[u8]) -> Option<Judged> {
    let inner = |tag: StructureTag| match tag.payload {
        PL::C(inner) => Some(inner.into_iter()),
        PL::P(_) => None,
    };
    let bytes = |tag: StructureTag| match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    };
    let (_, message) = ldap3::asn1::parse_tag(message).ok()?;
    let mut parts = inner(inner(message)?.nth(1)?)?;
    let name = bytes(parts.next()?)?;
    let attributes = inner(parts.next()?)?.map(|attribute| {
        let mut parts = inner(attribute)?;
        let description = String::from_utf8(bytes(parts.next()?)?).ok()?;
        Some((description, inner(parts.next()?)?.map(bytes).collect::<Option<_>>()?))
    });
    Some((name, attributes.collect::<Option<_>>()?))
}

#[test]
fn d56_mutants_of_entries_are_read_as_the_client_library_reads_them() {
    let corpus = corpus();
    let is_entry = |message: &&Vec<u8>| message::frame(message).is_ok_and(|frame| frame.is_entry());
    let entries: Vec<&Vec<u8>> = corpus.iter().filter(is_entry).collect();
    let mut chance = Chance(0xe117_41e5);
    let (mut read, mut refused) = (0, 0);
    for round in 0..200_000 {
        let mut came = entries[round % entries.len()].clone();
        chance.mutate(&mut came, &corpus);
        let Ok(frame) = message::frame(&came) else { continue };
        if !frame.is_entry() {
            continue;
        }
        let raw = || frame.entry(&came);
        let (Some(entry::Answer { record, partial }), Some((name, attributes))) =
            (entry::answer(raw()), judged(&came))
        else {
            assert!(entry::answer(raw()).is_none() && judged(&came).is_none(), "{came:02x?}");
            refused += 1;
            continue;
        };
        read += 1;
        assert_eq!(record.dn(), name);
        assert_eq!(entry::name(&raw()), Some(&*name));
        // By name, those without options first; and those of which only a part came are left out.
        let (mut values, mut parts) = (BTreeMap::<String, Vec<(bool, Vec<u8>)>>::new(), Vec::new());
        for (description, of_it) in attributes {
            let (name, options) = description.split_once(';').unwrap_or((&description, ""));
            let name = name.trim().to_ascii_lowercase();
            let whole = match range(&description) {
                Some((name, from, to)) if from > 0 || to.is_some() => {
                    parts.push(name);
                    continue;
                }
                Some(_) => true,
                None => options.is_empty(),
            };
            values.entry(name).or_default().extend(of_it.into_iter().map(|value| (!whole, value)));
        }
        assert_eq!(partial, parts, "{came:02x?}");
        for (name, mut values) in values {
            values.sort_by_key(|(last, _)| *last);
            assert!(record.values(&name).eq(values.iter().map(|(_, value)| value)), "{name}: {came:02x?}");
        }
    }
    assert!(read > 10_000 && refused > 500, "{read} mutants were read, {refused} refused");
}

#[tokio::test]
async fn d56_a_stream_of_mutants_is_split_where_their_own_lengths_say() {
    let corpus = corpus();
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
