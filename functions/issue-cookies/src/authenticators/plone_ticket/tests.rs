//! Tickets of a site whose secret these tests know.

use super::{super::hmac_keys::Secrets, *};

#[test]
fn a_ticket_says_what_the_site_sealed() {
    let rows = [
        (PLAIN, ticket("anna", &[], "")),
        (UMLAUT, ticket("grüße", &[], "")),
        (FULL, ticket("anna", &["video", "music"], "Anna A.")),
    ];
    for (cookie_value, expected) in rows {
        let encoded = cookie_value.replace('+', "%2B").replace('=', "%3d");
        for cookie_value in [cookie_value, &encoded, &format!("\"{encoded}\"")] {
            assert_eq!(open(cookie_value, SECRET), Ok(expected.clone()), "{cookie_value}");
        }
    }
}

#[test]
fn a_ticket_is_opened_with_any_of_its_sites_secrets_and_with_nothing_else() {
    let rotated = format!("{OTHER},{SECRET}");
    let rows = [
        (PLAIN, &*rotated, true),
        (PLAIN, OTHER, false),
        // The same secret in mod_auth_tkt's digest, which is not read.
        (MD5_PLAIN, SECRET, false),
        (MD5_PLAIN, &*rotated, false),
    ];
    for (cookie_value, secrets, is_opened) in rows {
        let expected = if is_opened { Ok(ticket("anna", &[], "")) } else { Err(TicketError::Signature) };
        assert_eq!(open(cookie_value, secrets), expected, "{cookie_value}");
    }
}

#[test]
fn every_change_of_a_sealed_byte_is_noticed() {
    let bytes = STANDARD.decode(FULL).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let opened = open(&STANDARD.encode(changed), SECRET);
        assert!(opened.is_err(), "byte {place}: {opened:?}");
    }
}

#[test]
fn what_is_not_of_the_form_is_refused_before_it_is_verified() {
    use TicketError::{ControlCharacter, Encoding, Form, RootUser, TooLarge, UserId};
    let sealed = |rest: &[u8]| STANDARD.encode([&[0; 32], rest].concat());
    let rows = [
        (String::new(), Form),
        (STANDARD.encode([0; 39]), Form),
        (sealed(b"6ab13b80"), Form),
        (sealed(b"6ab13b80anna"), Form),
        (sealed(b"6ab13b80anna!a!b!c"), Form),
        (sealed(b"6AB13B80anna!"), Form),
        (sealed(b"+ab13b80anna!"), Form),
        (sealed(b"6ab13b8zanna!"), Form),
        (sealed(b"6ab13b80!"), UserId),
        (sealed(b"6ab13b80!video!"), UserId),
        (sealed(format!("6ab13b80{}!", "a".repeat(256)).as_bytes()), UserId),
        (sealed(b"6ab13b80an\0na!"), ControlCharacter),
        (sealed(b"6ab13b80anna!vi\0deo!"), ControlCharacter),
        (sealed(b"6ab13b80anna!\x7f"), ControlCharacter),
        (sealed("6ab13b80anna!\u{85}".as_bytes()), ControlCharacter),
        (sealed(b"6ab13b80\xff!"), Encoding),
        (PLAIN.replace('b', "%25"), Encoding),
        (FULL.replace('+', " "), Encoding),
        (FULL.replace("==", ""), Encoding),
        (FULL.replace("g==", "h=="), Encoding),
        (format!("{PLAIN}\n"), Encoding),
        (format!("\"{PLAIN}"), Encoding),
        ("%FF".to_owned(), Encoding),
        (STANDARD.encode(b"616e6e61:736563726574"), RootUser),
        (format!("\"{}\"", STANDARD.encode(b"61:73").replace('=', "%3D")), RootUser),
        (STANDARD.encode("61".repeat(40) + ":").replacen('A', "A%0A", 1), RootUser),
        (STANDARD.encode(b"61:7A").replace('=', ""), RootUser),
        (STANDARD.encode(b"61:7A").replace('=', "%253D"), RootUser),
        ("a".repeat(4_097), TooLarge),
    ];
    for (cookie_value, error) in rows {
        assert_eq!(SealedTicket::parse(&cookie_value).err(), Some(error), "{cookie_value}");
    }
}

#[test]
fn an_unverified_ticket_tells_its_user_and_its_time() {
    let sealed = SealedTicket::parse(FULL).unwrap();
    assert_eq!((sealed.user_id(), sealed.issued()), ("anna", ISSUED));
    assert_eq!(format!("{sealed:?}"), r#"SealedTicket { user_id: "anna", issued: 1790000000, .. }"#);
}

#[test]
fn a_ticket_ends_so_long_after_its_issue_and_begins_within_a_minute() {
    use TicketError::{Expired, NotYetValid};
    let sealed = SealedTicket::parse(PLAIN).unwrap();
    let rows = [
        (7_200, ISSUED, Ok(ISSUED + 7_200)),
        (7_200, ISSUED + 7_199, Ok(ISSUED + 7_200)),
        (7_200, ISSUED + 7_200, Err(Expired)),
        (7_200, u64::MAX, Err(Expired)),
        (7_200, ISSUED - 60, Ok(ISSUED + 7_200)),
        (7_200, ISSUED - 61, Err(NotYetValid)),
        (7_200, 0, Err(NotYetValid)),
        (0, ISSUED, Err(Expired)),
        (u64::MAX, ISSUED, Ok(u64::MAX)),
    ];
    for (timeout, now, expected) in rows {
        assert_eq!(sealed.end(timeout, now), expected, "{timeout} {now}");
    }
}

fn ticket(user_id: &str, tokens: &[&str], user_data: &str) -> Ticket {
    let tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    Ticket { user_id: user_id.to_owned(), tokens, user_data: user_data.to_owned(), issued: ISSUED }
}

fn open(cookie_value: &str, secrets: &str) -> Result<Ticket, TicketError> {
    let secrets = Secrets::from_texts(secrets).unwrap();
    SealedTicket::parse(cookie_value)?.verify(&HmacKeys::new(&secrets))
}

const ISSUED: u64 = 1_790_000_000;
const SECRET: &str = "a secret of the keyring: thirty-eight!";
const OTHER: &str = "another secret of the very same keyring";
// Made in Python with hmac, hashlib, struct and base64.
const PLAIN: &str = "bIHBLGaQpCmsC4ytlLKl7C0s676o5hum8BT1rpAjbGQ2YWIxM2I4MGFubmEh";
const UMLAUT: &str = "8beDRGYKtzWRT8FvAp1GFB/wlULidlv6cZtEn1BOxds2YWIxM2I4MGdyw7zDn2Uh";
const FULL: &str = "o+mV9IrasHIqe/2GNTogPC9eWXfjqa7UvbQvSz9xu0I2YWIxM2I4MGFubmEhdmlkZW8sbXVzaWMhQW5uYSBBLg==";
const MD5_PLAIN: &str = "YWNlZGJlNmMxN2JmN2MwMmI1YjQ0OGNmMGZlNWMyYWQ2YWIxM2I4MGFubmEh";
