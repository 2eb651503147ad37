//! CloudFront Functions other than the project's own: the edge runs what the template contains.

use std::{fs, path::PathBuf};

use reqwest::{Response, StatusCode};
use tempfile::TempDir;

use crate::house::{House, workspace};

const PLAYLIST: &str = "/video/clock-ts/master.m3u8";
const SEGMENT: &str = "/video/clock-ts/360p/segment000.ts";

/// The project's template with replaced texts, in a folder that exists as long as the caller keeps it.
fn changed(rows: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let mut template = fs::read_to_string(workspace().join("template.yaml")).unwrap();
    for (before, after) in rows {
        assert!(template.contains(before), "{before}");
        template = template.replacen(before, after, 1);
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("template.yaml");
    fs::write(&file, template).unwrap();
    (folder, file)
}

/// The status, and the headers with these names, a line each.
fn told(answer: &Response, names: &[&str]) -> (StatusCode, Vec<String>) {
    let lines = names.iter().flat_map(|name| {
        let values = answer.headers().get_all(*name).iter();
        values.map(move |value| format!("{name}: {}", value.to_str().unwrap()))
    });
    (answer.status(), lines.collect())
}

#[tokio::test]
async fn a_function_answers_fails_and_loops_as_its_code_says() {
    let handler = "function handler(event) {";
    let answers = "function handler(event) {
          if (event.request.uri === '/auth/tea') {
            return {
              statusCode: 418,
              headers: { 'x-pot': { value: 'blue' } },
              cookies: { cup: { value: '1', attributes: 'Secure' } },
              body: { encoding: 'base64', data: Buffer.from('short and stout').toString('base64') }
            };
          }
          if (event.request.uri === '/auth/loop') for (;;);
          if (event.request.uri === '/auth/host') event.request.headers.host = { value: 'evil.example' };";
    let (_folder, template) = changed(&[(handler, answers)]);
    let house = House::with_options(|options| options.template = template).await;
    let names = ["server", "set-cookie", "x-cache", "x-pot", "x-usher-why"];

    let tea = house.get("/auth/tea").send().await.unwrap();
    let expected = ["set-cookie: cup=1; Secure", "x-pot: blue"];
    assert_eq!(told(&tea, &names), (StatusCode::IM_A_TEAPOT, expected.map(str::to_owned).into()));
    assert_eq!(tea.text().await.unwrap(), "short and stout");

    let looping = house.get("/auth/loop").send().await.unwrap();
    let expected = [
        "server: CloudFront",
        "x-cache: FunctionExecutionError from cloudfront",
        "x-usher-why: the function ViewerRequestFunction ran too long",
    ];
    assert_eq!(told(&looping, &names), (StatusCode::SERVICE_UNAVAILABLE, expected.map(str::to_owned).into()));

    let invalid = house.get("/auth/host").send().await.unwrap();
    let expected = [
        "server: CloudFront",
        "x-cache: FunctionValidationError from cloudfront",
        "x-usher-why: the function ViewerRequestFunction returned an invalid value: request.headers[\"host\"] is \
         read-only",
    ];
    assert_eq!(told(&invalid, &names), (StatusCode::BAD_GATEWAY, expected.map(str::to_owned).into()));

    let served = house.get(PLAYLIST).header("cookie", house.cookies().await).send().await.unwrap();
    assert_eq!(served.status(), StatusCode::OK);
}

#[tokio::test]
async fn each_behavior_has_its_own_function_and_signatures_come_first() {
    let resource = "  ViewerRequestFunction:\n    Type: AWS::CloudFront::Function\n";
    let second = format!(
        "  SegmentFunction:
    Type: AWS::CloudFront::Function
    Properties:
      Name: segment
      FunctionConfig: {{Comment: another name, Runtime: cloudfront-js-2.0}}
      FunctionCode: |
        function handler(event) {{
          event.request.uri = event.request.uri.replace('/other-name/', '/clock-ts/');
          return event.request;
        }}
{resource}"
    );
    let pattern = "          - PathPattern: /video/*\n";
    let associated = format!(
        "{pattern}            FunctionAssociations:
              - {{EventType: viewer-request, FunctionARN: !GetAtt SegmentFunction.FunctionARN}}
              - {{EventType: viewer-response, FunctionARN: !GetAtt SegmentFunction.FunctionARN}}\n"
    );
    let (_folder, template) = changed(&[(resource, &second), (pattern, &associated)]);
    let house = House::with_options(|options| options.template = template).await;
    assert!(house.not_modelled.contains(&"a viewer-response function".to_owned()));
    let cookies = house.cookies().await;
    let ask = |target: &str| house.get(target).header("cookie", &cookies).send();
    let as_it_is = ask(SEGMENT).await.unwrap().bytes().await.unwrap();
    let other = SEGMENT.replace("/clock-ts/", "/other-name/");
    assert_eq!(ask(&other).await.unwrap().bytes().await.unwrap(), as_it_is);
    assert_eq!(ask(PLAYLIST).await.unwrap().status(), StatusCode::OK);
    assert_eq!(house.get(&other).send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_function_that_cannot_run_is_said_at_start() {
    let rows = [
        (
            ("Runtime: cloudfront-js-2.0", "Runtime: cloudfront-js-1.0"),
            "the function ViewerRequestFunction has the runtime \"cloudfront-js-1.0\": only cloudfront-js-2.0 runs here",
        ),
        (
            ("function handler(event) {", "function handles(event) {"),
            "the function ViewerRequestFunction declares no function handler",
        ),
    ];
    for (change, sentence) in rows {
        let (_folder, template) = changed(&[change]);
        let opened = House::try_open(|options| options.template = template.clone(), &[]).await;
        let expected = format!("{}: the behavior /auth/*: {sentence}", template.display());
        assert_eq!(opened.err().unwrap().to_string(), expected);
    }
}
