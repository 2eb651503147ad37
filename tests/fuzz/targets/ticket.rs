//! A cookie: nobody can read it without the secret. Three fields, separated by line breaks: once encrypted,
//! they are read unchanged, or rejected for a reason.
#![no_main]

use fuzz::{
    credentials::{HMAC_KEYS, ISSUED, fields, ticket},
    issue_cookies::plone_ticket::{SealedTicket, TicketError},
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let open = |cookie: &str| SealedTicket::parse(cookie)?.verify(&HMAC_KEYS);
    assert!(open(text).is_err());
    let [user_id, tokens, user_data] = fields(text);
    let all = [user_id, tokens, user_data].concat();
    match open(&ticket(user_id, tokens, user_data)) {
        Ok(ticket) => {
            assert_eq!((ticket.user_id, ticket.issued), (user_id.to_owned(), ISSUED));
            assert_eq!(
                (ticket.tokens.join(","), ticket.user_data),
                (tokens.to_owned(), user_data.to_owned())
            );
        }
        Err(TicketError::ControlCharacter) => assert!(all.contains(char::is_control)),
        Err(TicketError::Form | TicketError::Signature) => assert!(all.contains('!')),
        Err(TicketError::TooLarge) => assert!(all.len() > 3_000),
        Err(error) => {
            let length = user_id.split('!').next().map(str::len);
            assert!(error == TicketError::UserId && length.is_none_or(|length| length == 0 || length > 255));
        }
    }
});
