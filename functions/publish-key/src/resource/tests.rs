use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::*;

const KEY_ARN: &str = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const WITHHELD: &str = "KMS did not hand out the public key of \
    arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const STACK_ID: &str =
    "arn:aws:cloudformation:eu-central-1:123456789012:stack/usher/5b918d10-cd98-11ea-90d5-0a9cd3354c10";
const REQUEST_ID: &str = "82304eb2-bdda-469f-a33b-a3f1406d0a52";

#[tokio::test]
async fn create_answers_with_the_pem_and_the_key_arn_as_name() {
    let kms = kms_with("RSA_2048", "SIGN_VERIFY");

    assert_eq!(answer_to(create(), vec![kms]).await, published());
}

#[tokio::test]
async fn update_answers_as_create_does() {
    let kms = || kms_with("ECC_NIST_P256", "SIGN_VERIFY");

    assert_eq!(answer_to(update(KEY_ARN), vec![kms()]).await, published());
    // Another key is another resource, which CloudFormation sees by the name.
    assert_eq!(answer_to(update("another key"), vec![kms()]).await, published());
}

#[tokio::test]
async fn delete_succeeds_without_asking_kms() {
    let mut request = create();
    request["RequestType"] = json!("Delete");
    request["PhysicalResourceId"] = json!("whatever it was");

    let expected = json!({
        "Status": "SUCCESS",
        "PhysicalResourceId": "whatever it was",
        "StackId": STACK_ID,
        "RequestId": REQUEST_ID,
        "LogicalResourceId": "PublicPemA",
    });
    assert_eq!(answer_to(request, vec![]).await, expected);
}

#[tokio::test]
async fn missing_key_arn_fails_the_deployment_with_a_reason() {
    for properties in [json!({}), json!({"KeyArn": ""}), json!({"KeyArn": 1}), json!(null)] {
        let mut request = create();
        request["ResourceProperties"] = properties;

        let reason = "the property KeyArn is missing: it is the ARN of the KMS key to publish";
        assert_eq!(answer_to(request, vec![]).await, failed("PublicPemA", reason));
    }
}

#[tokio::test]
async fn update_that_fails_keeps_the_name() {
    let mut request = update("the key before");
    let kms = kms_with("RSA_4096", "SIGN_VERIFY");
    let reason = "key spec RSA_4096: CloudFront accepts only RSA_2048 and ECC_NIST_P256";
    assert_eq!(answer_to(request.clone(), vec![kms]).await, failed("the key before", reason));

    request["ResourceProperties"] = json!({});
    let reason = "the property KeyArn is missing: it is the ARN of the KMS key to publish";
    assert_eq!(answer_to(request, vec![]).await, failed("the key before", reason));
}

#[tokio::test]
async fn malformed_request_is_answered_with_what_it_has() {
    let reason = "the request type is none of Create, Update and Delete";
    for request_type in [json!("Replace"), json!("create"), json!(""), json!(1), json!(null)] {
        let mut request = create();
        request["RequestType"] = request_type;
        assert_eq!(answer_to(request, vec![]).await, failed("PublicPemA", reason));
    }

    let mut expected = failed("", reason);
    for name in ["StackId", "RequestId", "LogicalResourceId"] {
        expected[name] = json!("");
    }
    assert_eq!(answer_to(json!({}), vec![]).await, expected);
}

#[tokio::test]
async fn request_without_an_answer_url_is_an_error() {
    for request in [json!({}), json!({"ResponseURL": ""}), json!({"ResponseURL": 1}), json!(null), json!([])]
    {
        let handled = resource("http://localhost").handle(&request).await;
        assert_eq!(handled, Err(Error::MissingResponseUrl), "{request}");
    }
}

#[tokio::test]
async fn key_that_cloudfront_does_not_take_fails_the_deployment_with_a_reason() {
    let kms = kms_with("RSA_4096", "SIGN_VERIFY");
    let reason = "key spec RSA_4096: CloudFront accepts only RSA_2048 and ECC_NIST_P256";
    assert_eq!(answer_to(create(), vec![kms]).await, failed("PublicPemA", reason));

    let kms = kms_with("RSA_2048", "ENCRYPT_DECRYPT");
    let reason = "key usage ENCRYPT_DECRYPT: a key that signs for CloudFront has SIGN_VERIFY";
    assert_eq!(answer_to(create(), vec![kms]).await, failed("PublicPemA", reason));
}

#[tokio::test]
async fn refusal_of_kms_fails_the_deployment_with_what_kms_says() {
    let kms = refusal("DisabledException", "the key is disabled");

    let reason = format!("{WITHHELD}: DisabledException: the key is disabled");
    assert_eq!(answer_to(create(), vec![kms]).await, failed("PublicPemA", &reason));
}

#[tokio::test]
async fn key_that_kms_does_not_show_yet_is_asked_for_again() {
    let denied = || refusal("AccessDeniedException", "not authorized");
    let not_found = || refusal("NotFoundException", "no such key");
    let shown = || kms_with("RSA_2048", "SIGN_VERIFY");
    let disabled = || refusal("DisabledException", "the key is disabled");
    let withheld = |reason| failed("PublicPemA", &format!("{WITHHELD}: {reason}"));
    let rows = [
        (vec![denied(), shown()], published()),
        (vec![not_found(), shown()], published()),
        (vec![not_found(), denied(), denied(), shown()], published()),
        (vec![denied(), disabled()], withheld("DisabledException: the key is disabled")),
        (vec![denied(), denied(), denied(), not_found()], withheld("NotFoundException: no such key")),
        (
            vec![not_found(), denied(), not_found(), denied()],
            withheld("AccessDeniedException: not authorized"),
        ),
    ];
    for (responses, expected) in rows {
        assert_eq!(answer_to(create(), responses).await, expected);
    }
}

#[tokio::test]
async fn unreachable_kms_fails_the_deployment_with_a_reason() {
    let (url, requests) = serve(vec![response(200, "")]).await;
    let closed = closed_port().await;
    let mut request = create();
    request["ResponseURL"] = json!(url);

    resource(&closed).handle(&request).await.unwrap();

    let [put] = requests.await.unwrap().try_into().unwrap();
    let reason = format!(
        "{WITHHELD}: dispatch failure: io error: \
         client error (Connect): tcp connect error: {}",
        connect_error(&closed).await
    );
    assert_eq!(put.body, failed("PublicPemA", &reason));
}

#[tokio::test]
async fn answer_is_a_put_without_content_type() {
    let (url, requests) = serve(vec![response(200, "")]).await;
    let mut request = create();
    request["ResponseURL"] = json!(format!("{url}/answer?X-Amz-Signature=abc%2Fdef"));
    request["ResourceProperties"] = json!({});

    resource(&url).handle(&request).await.unwrap();

    let [put] = requests.await.unwrap().try_into().unwrap();
    let length = put.body.to_string().len();
    let host = url.strip_prefix("http://").unwrap();
    let expected = [
        "PUT /answer?X-Amz-Signature=abc%2Fdef HTTP/1.1".to_owned(),
        "accept: */*".to_owned(),
        format!("host: {host}"),
        format!("content-length: {length}"),
    ];
    assert_eq!(put.head, expected);
}

#[tokio::test]
async fn answer_that_is_refused_or_not_taken_is_sent_again() {
    const NEVER: String = String::new();
    let refused = || response(403, "");
    let rows = [
        (vec![refused(), response(200, "")], Ok(())),
        (vec![NEVER, response(503, ""), response(200, "")], Ok(())),
        (vec![refused(), response(503, ""), refused()], Err(Error::AnswerRefused { status: 403 })),
    ];
    for (responses, expected) in rows {
        let deliveries = responses.len();
        let (url, requests) = serve(responses).await;
        let mut request = create();
        request["ResponseURL"] = json!(url);
        request["ResourceProperties"] = json!({});

        let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
        let handled = PublicKeyResource { http, ..resource(&url) }.handle(&request).await;

        assert_eq!(handled, expected);
        let answers: Vec<Value> = requests.await.unwrap().into_iter().map(|request| request.body).collect();
        let reason = "the property KeyArn is missing: it is the ARN of the KMS key to publish";
        assert_eq!(answers, vec![failed("PublicPemA", reason); deliveries]);
    }
}

#[tokio::test]
async fn undelivered_answer_is_an_error_that_does_not_show_the_presigned_url() {
    let closed = closed_port().await;
    let mut request = create();
    request["ResponseURL"] = json!(format!("{closed}/?X-Amz-Signature=secret"));
    request["ResourceProperties"] = json!({});

    let handled = resource(&closed).handle(&request).await;

    let refused = connect_error(&closed).await;
    let reason = format!("error sending request: client error (Connect): tcp connect error: {refused}");
    assert_eq!(handled, Err(Error::AnswerUndelivered { reason }));
}

fn create() -> Value {
    serde_json::from_str(include_str!("../../../../tests/events/create-public-pem.json")).unwrap()
}

fn update(physical_resource_id: &str) -> Value {
    let mut request = create();
    request["RequestType"] = json!("Update");
    request["PhysicalResourceId"] = json!(physical_resource_id);
    request["OldResourceProperties"] = json!({});
    request
}

fn published() -> Value {
    json!({
        "Status": "SUCCESS",
        "Data": {"Pem": "-----BEGIN PUBLIC KEY-----\nMAIFAA==\n-----END PUBLIC KEY-----\n"},
        "PhysicalResourceId": KEY_ARN,
        "StackId": STACK_ID,
        "RequestId": REQUEST_ID,
        "LogicalResourceId": "PublicPemA",
    })
}

fn failed(physical_resource_id: &str, reason: &str) -> Value {
    json!({
        "Status": "FAILED",
        "Reason": reason,
        "PhysicalResourceId": physical_resource_id,
        "StackId": STACK_ID,
        "RequestId": REQUEST_ID,
        "LogicalResourceId": "PublicPemA",
    })
}

fn refusal(code: &str, message: &str) -> String {
    response(400, &json!({"__type": code, "message": message}).to_string())
}

fn kms_with(spec: &str, usage: &str) -> String {
    let key = json!({"KeyId": KEY_ARN, "KeySpec": spec, "KeyUsage": usage, "PublicKey": "MAIFAA=="});
    response(200, &key.to_string())
}

/// The body of the last request, after as many requests to KMS as there are responses.
async fn answer_to(mut request: Value, mut responses: Vec<String>) -> Value {
    let questions = responses.len();
    responses.push(response(200, ""));
    let (url, requests) = serve(responses).await;
    request["ResponseURL"] = json!(url);

    resource(&url).handle(&request).await.unwrap();

    let mut requests = requests.await.unwrap();
    let answer = requests.pop().unwrap().body;
    let asked: Vec<Value> = requests.into_iter().map(|request| request.body).collect();
    assert_eq!(asked, vec![json!({"KeyId": KEY_ARN}); questions]);
    answer
}

fn resource(kms_url: &str) -> PublicKeyResource {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(kms_url)
        .region(Region::new("eu-central-1"))
        .retry_config(RetryConfig::disabled())
        .build();
    let pauses = vec![Duration::from_millis(1); 3];
    PublicKeyResource::new(aws_sdk_kms::Client::from_conf(config), reqwest::Client::new(), pauses)
}

#[derive(Debug)]
struct Received {
    head: Vec<String>,
    body: Value,
}

fn response(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} \r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// Acts as KMS and CloudFormation: gives each response once, then returns what it received. In place of an
/// empty response, it never answers.
async fn serve(responses: Vec<String>) -> (String, JoinHandle<Vec<Received>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = tokio::spawn(async move {
        let (mut received, mut open) = (Vec::new(), Vec::new());
        for response in responses {
            let (mut stream, _) = listener.accept().await.unwrap();
            received.push(receive(&mut stream).await);
            stream.write_all(response.as_bytes()).await.unwrap();
            open.push(stream);
        }
        received
    });
    (url, requests)
}

async fn receive(stream: &mut TcpStream) -> Received {
    let mut bytes = Vec::new();
    loop {
        stream.read_buf(&mut bytes).await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let Ok(body) = serde_json::from_str(body) else {
            continue;
        };
        return Received { head: head.split("\r\n").map(str::to_owned).collect(), body };
    }
}

async fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// This operating system's text for a refused connection.
async fn connect_error(url: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap_err().to_string()
}
