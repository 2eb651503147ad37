//! A Plone site on loopback that says what a test wants it to say.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::function::Function;

/// It does not look at credentials but for whether there is one.
pub(crate) struct Site {
    pub(crate) url: String,
    desk: Arc<Desk>,
}

struct Desk {
    /// To requests with a credential, and to those without.
    replies: Mutex<[Reply; 2]>,
    requests: Mutex<Vec<Value>>,
}

#[derive(Clone)]
pub(crate) enum Reply {
    Is(StatusCode, String),
    Redirect(String),
    Silence,
}

impl Site {
    /// One at which `user` has logged in.
    pub(crate) async fn start(user: &Value) -> Self {
        let replies = [json_of(user), refusal()];
        let desk = Arc::new(Desk { replies: Mutex::new(replies), requests: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/Plone", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, desk }
    }

    pub(crate) fn replies(&self, with_credential: Reply) {
        self.desk.replies.lock().unwrap()[0] = with_credential;
    }

    pub(crate) fn replies_to_strangers(&self, reply: Reply) {
        self.desk.replies.lock().unwrap()[1] = reply;
    }

    /// The requests since the last time.
    pub(crate) fn requests(&self) -> Vec<Value> {
        std::mem::take(&mut self.desk.requests.lock().unwrap())
    }

    pub(crate) async fn function(&self, changes: &[(&str, &str)]) -> Function {
        Function::new(&[changes, &[("PLONE_SITE", &self.url)]].concat()).await
    }
}

async fn answer(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap) -> Response {
    let value = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (authorization, cookie) = (value(header::AUTHORIZATION), value(header::COOKIE));
    let is_stranger = authorization.is_none() && cookie.is_none();
    desk.requests.lock().unwrap().push(json!({
        "target": uri.to_string(),
        "accept": value(header::ACCEPT),
        "authorization": authorization,
        "cookie": cookie,
    }));
    let reply = desk.replies.lock().unwrap()[usize::from(is_stranger)].clone();
    match reply {
        Reply::Is(status, body) => {
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Reply::Redirect(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Reply::Silence => std::future::pending().await,
    }
}

pub(crate) fn json_of(body: &Value) -> Reply {
    Reply::Is(StatusCode::OK, body.to_string())
}

pub(crate) fn status(status: u16) -> Reply {
    Reply::Is(StatusCode::from_u16(status).unwrap(), "{}".to_owned())
}

pub(crate) fn refusal() -> Reply {
    let body = json!({"message": "You are not authorized to access this resource.", "type": "Unauthorized"});
    Reply::Is(StatusCode::UNAUTHORIZED, body.to_string())
}
