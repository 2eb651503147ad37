//! Servers in front of a deployment: a proxy that changes answers, and servers that give one answer.

use axum::{Router, body::Body, extract::Request};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use tokio::{net::TcpListener, task::JoinSet};

use crate::house::House;

/// A server, which ends when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    _tasks: JoinSet<()>,
}

/// A message that passes through a proxy: before the house answers, and after.
pub(crate) enum Passing<'a> {
    Request(&'a mut Parts),
    Answer {
        method: &'a Method,
        path: &'a str,
        status: &'a mut StatusCode,
        headers: &'a mut HeaderMap,
        body: &'a mut Vec<u8>,
    },
}

/// An extension of a request that gets no answer.
#[derive(Clone, Copy)]
pub(crate) struct Hangs;

/// A proxy in front of a house. It passes on the requested host, and reports the time of the stories.
pub(crate) async fn before(
    house: &House,
    change: impl Fn(Passing<'_>) + Clone + Send + Sync + 'static,
) -> Server {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let inner = house.url.clone();
    serve(Router::new().fallback(move |request: Request| {
        let (client, inner, change) = (client.clone(), inner.clone(), change.clone());
        async move { pass(&client, &inner, request, &change).await }
    }))
    .await
}

/// A server that gives this answer to every request.
pub(crate) async fn answering(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> Server {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let (parts, body) = response.body(body).unwrap().into_parts();
    serve(Router::new().fallback(move || async move { Response::from_parts(parts, Body::from(body)) })).await
}

async fn pass(
    client: &reqwest::Client,
    inner: &str,
    request: Request,
    change: &(impl Fn(Passing<'_>) + Send + Sync),
) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    change(Passing::Request(&mut parts));
    if parts.extensions.get::<Hangs>().is_some() {
        return std::future::pending().await;
    }
    let body = axum::body::to_bytes(body, 65_536).await.unwrap();
    let target = parts.uri.path_and_query().unwrap().as_str();
    let asked = client.request(method.clone(), format!("{inner}{target}")).headers(parts.headers).body(body);
    let answer = asked.send().await.unwrap();
    let (mut status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    headers.insert(header::DATE, HeaderValue::from_static("Mon, 21 Sep 2026 14:13:20 GMT"));
    let mut body = answer.bytes().await.unwrap().to_vec();
    let answer = Passing::Answer {
        method: &method,
        path: &path,
        status: &mut status,
        headers: &mut headers,
        body: &mut body,
    };
    change(answer);
    // The length may have changed.
    headers.remove(header::CONTENT_LENGTH);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

async fn serve(service: Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, service).await.unwrap() });
    Server { url, _tasks: tasks }
}
