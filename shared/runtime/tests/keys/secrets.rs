use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cloudfront_signing::UnixTime;
use tokio::time::timeout;
use usher_runtime::{Clock, ConfigError, InvalidSetting, Members, Secret, Settings, StoredSecrets};

use crate::vault::{CURRENT, PREVIOUS, Reply, Vault};

/// The beginning of a period of 300 s.
const NOW: u64 = 1_790_000_100;
const SETTINGS: [(&str, &str); 1] = [("KEYS_ARN", "keys")];

/// Secrets Manager, and a clock that moves when it is told to.
struct Stage {
    vault: Vault,
    hand: Arc<AtomicU64>,
}

/// What a function would hold.
#[derive(Debug)]
struct Opened {
    keys: Secret<Vec<String>>,
    stored: StoredSecrets,
}

impl Stage {
    async fn with(text: &str) -> Self {
        let stage = Self { vault: Vault::start().await, hand: Arc::new(AtomicU64::new(NOW)) };
        stage.vault.put("keys", text);
        stage
    }

    async fn open(&self, pairs: &[(&str, &str)]) -> Result<Opened, ConfigError> {
        let hand = Arc::clone(&self.hand);
        let clock: Clock = Arc::new(move || UnixTime::new(hand.load(Ordering::SeqCst)).unwrap());
        let look_up =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let mut settings = Settings::new(&look_up);
        let keys = secret(&mut settings, "KEYS");
        let other = secret(&mut settings, "OTHER");
        let third = secret(&mut settings, "THIRD");
        let stored = settings.open_secrets(&self.vault.sdk, clock).await;
        settings.finish(|| {
            let (keys, _, _) = (keys?, other?, third?);
            Ok(Opened { keys: keys.expect("a secret"), stored })
        })
    }

    /// What a request would find after so many seconds.
    async fn after(&self, seconds: u64, Opened { keys, stored }: &Opened) -> Vec<String> {
        self.hand.fetch_add(seconds, Ordering::SeqCst);
        stored.refresh().await;
        keys.value().unwrap().to_vec()
    }
}

/// Takes any text that does not begin with "bad".
fn secret(
    settings: &mut Settings<'_>,
    name: &'static str,
) -> Result<Option<Secret<Vec<String>>>, InvalidSetting> {
    settings.secret(name, parse(name), |all| all)
}

fn parse(name: &'static str) -> impl Fn(&str) -> Result<String, String> + Send + Sync + 'static {
    move |text: &str| match text {
        text if text.starts_with("bad") => Err(format!("{name} is bad")),
        text => Ok(text.to_owned()),
    }
}

#[tokio::test]
async fn both_versions_count_from_the_next_period_on() {
    let stage = Stage::with("first").await;
    let opened = stage.open(&SETTINGS).await.unwrap();
    assert_eq!(stage.after(0, &opened).await, ["first"]);
    assert_eq!(stage.vault.asked(), 2);
    stage.vault.put("keys", "second");
    assert_eq!(stage.after(299, &opened).await, ["first"]);
    assert_eq!(stage.vault.asked(), 2);
    assert_eq!(stage.after(1, &opened).await, ["second", "first"]);
    assert_eq!(stage.after(1, &opened).await, ["second", "first"]);
    assert_eq!(stage.vault.asked(), 4);
    stage.vault.put("keys", "third");
    assert_eq!(stage.after(300, &opened).await, ["third", "second"]);
}

/// Of one secret, two members in two objects.
async fn open_members(stage: &Stage, pairs: &[(&str, &str)]) -> Result<[Option<Opened>; 2], ConfigError> {
    let hand = Arc::clone(&stage.hand);
    let clock: Clock = Arc::new(move || UnixTime::new(hand.load(Ordering::SeqCst)).unwrap());
    let look_up =
        |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let mut settings = Settings::in_aws(&look_up);
    let a = settings.object("A", &Members::new("A_", &["A_KEYS"]), |settings| member(settings, "A_KEYS"));
    let b = settings.object("B", &Members::new("B_", &["B_KEYS"]), |settings| member(settings, "B_KEYS"));
    let stored = settings.open_secrets(&stage.vault.sdk, clock).await;
    settings.finish(|| Ok([a?, b?].map(|keys| keys.map(|keys| Opened { keys, stored: stored.clone() }))))
}

fn member(
    settings: &mut Settings<'_>,
    name: &'static str,
) -> Result<Option<Secret<Vec<String>>>, InvalidSetting> {
    settings.viewer_secret(name, parse(name), |all| all)
}

const BOTH: [(&str, &str); 3] =
    [("A", r#"{"keys": "a"}"#), ("B", r#"{"keys": "b"}"#), ("VIEWER_SECRET_ARN", "keys")];

#[tokio::test]
async fn members_of_one_secret_are_read_with_one_call_for_each_version() {
    let stage = Stage::with(r#"{"a": "a1", "b": "b1"}"#).await;
    let [Some(a), Some(b)] = open_members(&stage, &BOTH).await.unwrap() else { panic!("both are set") };
    assert_eq!(
        (stage.after(0, &a).await, stage.after(0, &b).await),
        (vec!["a1".to_owned()], vec!["b1".to_owned()])
    );
    assert_eq!(stage.vault.asked(), 2);
    // The text of `b` stays, so it counts once.
    stage.vault.put("keys", r#"{"a": "a2", "b": "b1", "c": "unused"}"#);
    assert_eq!(stage.after(300, &a).await, ["a2", "a1"]);
    assert_eq!(stage.after(0, &b).await, ["b1"]);
    assert_eq!(stage.vault.asked(), 4);
}

#[tokio::test]
async fn a_member_that_cannot_be_used_keeps_no_other_back() {
    let stage = Stage::with(r#"{"a": "a1", "b": "b1"}"#).await;
    let [Some(a), Some(b)] = open_members(&stage, &BOTH).await.unwrap() else { panic!("both are set") };
    for (text, expected_a) in [
        (r#"{"a": "bad", "b": "b2"}"#, ["a1"].as_slice()),
        // The version of before, which has no usable text, is ignored.
        (r#"{"a": "a3"}"#, &["a3"]),
        (r#"{"a": "a4", "b": "b4"}"#, &["a4", "a3"]),
        ("no JSON", &["a4", "a3"]),
    ] {
        stage.vault.put("keys", text);
        assert_eq!(stage.after(300, &a).await, expected_a, "{text}");
    }
    assert_eq!(stage.after(0, &b).await, ["b4"]);
}

#[tokio::test]
async fn a_name_that_the_secret_does_not_have_is_told_without_it() {
    let stage = Stage::with(r#"{"a": "bad", "private name": "text"}"#).await;
    let told = |error: ConfigError| error.to_string().replace("the configuration cannot be used: ", "");
    assert_eq!(
        told(open_members(&stage, &BOTH).await.unwrap_err()),
        "A: A_KEYS is bad; B: keys is not the name of a member of VIEWER_SECRET"
    );
    assert_eq!(
        told(open_members(&stage, &BOTH[..2]).await.unwrap_err()),
        "A: keys is the name of a member of VIEWER_SECRET_ARN, which is missing; B: keys is the name of a member of \
         VIEWER_SECRET_ARN, which is missing"
    );
    stage.vault.put("keys", "nobody's business");
    assert_eq!(
        told(open_members(&stage, &BOTH).await.unwrap_err()),
        "VIEWER_SECRET must be a JSON object of names and texts"
    );
    stage.vault.reply("keys", CURRENT, Reply::Error("AccessDeniedException"));
    assert_eq!(
        told(open_members(&stage, &BOTH).await.unwrap_err()),
        "VIEWER_SECRET_ARN: Secrets Manager GetSecretValue answers AccessDeniedException"
    );
}

#[tokio::test]
async fn a_secret_that_nothing_names_is_not_read() {
    let stage = Stage::with("{}").await;
    assert!(open_members(&stage, &BOTH[2..]).await.unwrap().iter().all(Option::is_none));
    assert_eq!(stage.vault.asked(), 0);
}

#[tokio::test]
async fn what_did_not_change_is_not_made_again() {
    let stage = Stage::with("first").await;
    let opened = stage.open(&SETTINGS).await.unwrap();
    let before = opened.keys.value().unwrap();
    stage.after(300, &opened).await;
    assert!(Arc::ptr_eq(&before, &opened.keys.value().unwrap()));
}

#[tokio::test]
async fn many_who_come_at_once_read_it_once() {
    let stage = Stage::with("first").await;
    let opened = Arc::new(stage.open(&SETTINGS).await.unwrap());
    stage.hand.fetch_add(300, Ordering::SeqCst);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let opened = Arc::clone(&opened);
            tokio::spawn(async move { opened.stored.refresh().await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(stage.vault.asked(), 4);
}

#[tokio::test]
async fn what_cannot_be_read_again_goes_on_as_it_was() {
    let stage = Stage::with("first").await;
    stage.vault.put("keys", "second");
    let opened = stage.open(&SETTINGS).await.unwrap();
    let bad = Reply::Text("bad".to_owned());
    let refusals = ["AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException"];
    for reply in refusals.map(Reply::Error).into_iter().chain([Reply::Binary, bad]) {
        stage.vault.reply("keys", CURRENT, reply);
        assert_eq!(stage.after(300, &opened).await, ["second", "first"]);
    }
    // A version that is out of reach is not one that was taken away.
    stage.vault.reply("keys", CURRENT, Reply::Text("third".to_owned()));
    stage.vault.reply("keys", PREVIOUS, Reply::Error("UnrecognizedClientException"));
    assert_eq!(stage.after(300, &opened).await, ["second", "first"]);
    stage.vault.reply("keys", PREVIOUS, Reply::Error("ResourceNotFoundException"));
    assert_eq!(stage.after(300, &opened).await, ["third"]);
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_keeps_no_other_back() {
    let stage = Stage::with("first").await;
    stage.vault.put("other", "theirs");
    let opened = stage.open(&[SETTINGS[0], ("OTHER_ARN", "other")]).await.unwrap();
    stage.vault.reply("other", CURRENT, Reply::Text("bad".to_owned()));
    stage.vault.put("keys", "second");
    assert_eq!(stage.after(300, &opened).await, ["second", "first"]);
}

#[tokio::test]
async fn a_previous_version_that_cannot_be_used_is_ignored() {
    for reply in [Reply::Binary, Reply::Text("bad".to_owned()), Reply::Error("AccessDeniedException")] {
        let stage = Stage::with("first").await;
        stage.vault.reply("keys", PREVIOUS, reply);
        let opened = stage.open(&SETTINGS).await.unwrap();
        assert_eq!(stage.after(0, &opened).await, ["first"]);
    }
}

#[tokio::test]
async fn a_secret_out_of_reach_at_the_start_is_read_by_the_first_request() {
    let stage = Stage::with("first").await;
    stage.vault.outage(Some(Reply::Error("UnrecognizedClientException")));
    let opened = stage.open(&SETTINGS).await.unwrap();
    opened.stored.refresh().await;
    assert_eq!(opened.keys.value().unwrap_err().to_string(), "the secret of KEYS could not be read yet");
    stage.vault.outage(None);
    assert_eq!(stage.after(0, &opened).await, ["first"]);
}

#[tokio::test]
async fn nobody_waits_for_longer_than_a_call_may_take() {
    let stage = Stage::with("first").await;
    let opened = stage.open(&SETTINGS).await.unwrap();
    for reply in [(CURRENT, Reply::Silence), (PREVIOUS, Reply::Silence)] {
        stage.vault.reply("keys", reply.0, reply.1);
        // Without a limit of its own, the call would never end.
        let keys = timeout(Duration::from_secs(60), stage.after(300, &opened)).await;
        assert_eq!(keys.unwrap(), ["first"]);
        stage.vault.reply("keys", CURRENT, Reply::Text("second".to_owned()));
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_no_text_with_it() {
    let stage = Stage::with("bad, and nobody's business").await;
    let told = |error: ConfigError| error.to_string().replace("the configuration cannot be used: ", "");
    let all = [SETTINGS[0], ("OTHER_ARN", "nowhere"), ("THIRD_ARN", "theirs"), ("THIRD", "text")];
    assert_eq!(
        told(stage.open(&all).await.unwrap_err()),
        "THIRD and THIRD_ARN are both set: a secret has one source; KEYS is bad; OTHER_ARN: Secrets Manager \
         GetSecretValue answers ResourceNotFoundException"
    );
    stage.vault.reply("theirs", CURRENT, Reply::Error("AccessDeniedException"));
    stage.vault.reply("nowhere", CURRENT, Reply::Binary);
    assert_eq!(
        told(stage.open(&[("KEYS", "bad"), all[1], all[2]]).await.unwrap_err()),
        "KEYS is bad; OTHER_ARN: the secret is binary: store it as text; THIRD_ARN: Secrets Manager GetSecretValue \
         answers AccessDeniedException"
    );
}

#[tokio::test]
async fn a_text_is_the_secret_itself_where_nothing_is_in_secrets_manager() {
    let stage = Stage::with("unused").await;
    let opened = stage.open(&[("KEYS", "text"), ("KEYS_ARN", "")]).await.unwrap();
    assert_eq!(stage.after(300, &opened).await, ["text"]);
    assert_eq!(stage.vault.asked(), 0);
    assert_eq!(format!("{opened:?}"), "Opened { keys: Secret(KEYS redacted), stored: {} }");
}

#[tokio::test]
async fn debug_shows_names_alone() {
    let stage = Stage::with("nobody's business").await;
    let opened = stage.open(&SETTINGS).await.unwrap();
    assert_eq!(format!("{opened:?}"), r#"Opened { keys: Secret(KEYS redacted), stored: {"KEYS"} }"#);
}
