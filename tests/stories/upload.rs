//! `usher upload` puts a folder of HLS files into a bucket, so that they play, and no viewer gets an incomplete
//! film.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use aws_sdk_s3::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{
    S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    dto::{
        DeleteObjectInput, DeleteObjectOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input,
        ListObjectsV2Output, PutObjectInput, PutObjectOutput,
    },
    service::S3ServiceBuilder,
};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};
use usher::upload::{Destination, Meter, Plan, Prefixes, Present, Sent, Upload, UploadError, missing, send};

use crate::house::{House, workspace};

/// A bucket that accepts signed requests, and remembers each PUT.
struct Bucket {
    folder: TempDir,
    client: Client,
    puts: Arc<Mutex<Vec<Put>>>,
    _tasks: JoinSet<()>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Put {
    key: String,
    content_type: String,
    cache_control: String,
}

struct Remembering {
    files: FileSystem,
    puts: Arc<Mutex<Vec<Put>>>,
    refused: Option<&'static str>,
}

#[async_trait]
impl S3 for Remembering {
    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.files.delete_object(request).await
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.files.head_object(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.files.list_objects_v2(request).await
    }

    async fn put_object(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = &request.input;
        let refusal = match self.refused {
            Some(refused) if input.key.ends_with(refused) => Some(S3ErrorCode::AccessDenied),
            // Otherwise the server would create the bucket.
            _ => (input.bucket != "films").then_some(S3ErrorCode::NoSuchBucket),
        };
        if let Some(refusal) = refusal {
            // The body is read to its end all the same: otherwise the connection breaks before the client reads
            // the answer.
            request.input.bucket = "refused".to_owned();
            self.files.put_object(request).await?;
            return Err(S3Error::new(refusal));
        }
        let put = Put {
            key: input.key.clone(),
            content_type: input.content_type.clone().unwrap_or_default(),
            cache_control: input.cache_control.clone().unwrap_or_default(),
        };
        let answer = self.files.put_object(request).await?;
        self.puts.lock().unwrap().push(put);
        Ok(answer)
    }
}

impl Bucket {
    async fn open(refused: Option<&'static str>) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("films")).unwrap();
        Self::over(folder, refused).await
    }

    async fn over(folder: TempDir, refused: Option<&'static str>) -> Self {
        let puts = Arc::new(Mutex::new(Vec::new()));
        let files = FileSystem::new(folder.path()).unwrap();
        let mut builder = S3ServiceBuilder::new(Remembering { files, puts: Arc::clone(&puts), refused });
        builder.set_auth(SimpleAuth::from_single("access", "secret"));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                connections.spawn(async move {
                    let http = auto::Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{address}"))
            .force_path_style(true)
            .retry_config(RetryConfig::disabled())
            .credentials_provider(Credentials::new("access", "secret", None, None, "test"))
            .build();
        Self { folder, client: Client::from_conf(config), puts, _tasks: tasks }
    }

    fn puts(&self) -> Vec<Put> {
        self.puts.lock().unwrap().clone()
    }

    /// Uploads what the bucket does not hold; the keys that were sent, and those that were there.
    async fn upload(&self, plan: &Plan) -> Result<[Vec<String>; 2], UploadError> {
        let present = Present::list(&self.client, plan).await?.unwrap();
        let (mut now, mut before) = (Vec::new(), Vec::new());
        let meter = Meter::default();
        let mut done = |upload: &Upload, sent: Sent| match sent {
            Sent::Now => now.push(upload.key.clone()),
            Sent::Before => before.push(upload.key.clone()),
        };
        send(&self.client, plan, &present, &meter, &mut done).await?;
        now.sort();
        before.sort();
        let sent = plan.uploads.iter().filter(|upload| now.contains(&upload.key)).map(|upload| upload.bytes);
        assert_eq!(meter.bytes(), sent.sum::<u64>());
        Ok([now, before])
    }
}

fn plan(folder: &Path, destination: &str) -> Result<Plan, UploadError> {
    Plan::read(folder, destination.parse::<Destination>()?.within(Prefixes::Opened)?)
}

/// A film with a file of each kind.
fn film() -> TempDir {
    let film = TempDir::new().unwrap();
    let files = [
        ("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/p.m3u8\n"),
        ("low/p.m3u8", "#EXTM3U\n#EXTINF:4,\ns0.ts\n"),
        ("low/s0.ts", "segment"),
        ("low/init.mp4", "map"),
        ("low/s0.m4s", "fragment"),
        ("low/key.bin", "0123456789abcdef"),
        ("audio/s0.aac", "sound"),
        ("en.vtt", "WEBVTT"),
        ("poster.jpg", "picture"),
        ("ads.json", "{}"),
        ("notes.txt", "notes"),
        (".DS_Store", "hidden"),
        (".git/config", "hidden"),
    ];
    for (name, text) in files {
        let file = film.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    std::os::unix::fs::symlink("/etc/hostname", film.path().join("latest.ts")).unwrap();
    std::os::unix::fs::symlink("low", film.path().join("high")).unwrap();
    film
}

#[tokio::test]
async fn each_file_comes_with_its_type_and_its_time_and_playlists_come_last() {
    let (film, bucket) = (film(), Bucket::open(None).await);
    let plan = plan(film.path(), "s3://films/video/m").unwrap();
    let [told, before] = bucket.upload(&plan).await.unwrap();
    assert_eq!(before, [""; 0]);

    let year = "max-age=3600, s-maxage=31536000";
    let mut expected = [
        ("video/m/ads.json", "application/json", "no-cache"),
        ("video/m/audio/s0.aac", "audio/aac", year),
        ("video/m/en.vtt", "text/vtt", year),
        ("video/m/low/init.mp4", "video/mp4", year),
        ("video/m/low/key.bin", "application/octet-stream", "no-store"),
        ("video/m/low/s0.m4s", "video/mp4", year),
        ("video/m/low/s0.ts", "video/mp2t", year),
        ("video/m/notes.txt", "text/plain", "no-cache"),
        ("video/m/poster.jpg", "image/jpeg", year),
        ("video/m/low/p.m3u8", "application/vnd.apple.mpegurl", "no-cache"),
        ("video/m/master.m3u8", "application/vnd.apple.mpegurl", "no-cache"),
    ]
    .map(|(key, content_type, cache_control)| Put {
        key: key.to_owned(),
        content_type: content_type.to_owned(),
        cache_control: cache_control.to_owned(),
    });
    let mut puts = bucket.puts();
    assert_eq!(puts[9..], expected[9..], "the playlist, and last of all the one that names it");
    puts.sort_by(|a, b| a.key.cmp(&b.key));
    expected.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(puts, expected);
    assert_eq!(told, expected.map(|put| put.key));
    let left_out: Vec<_> = plan.left_out.iter().map(|path| path.strip_prefix(film.path()).unwrap()).collect();
    assert_eq!(left_out, [".DS_Store", ".git", "high", "latest.ts"].map(Path::new));
    assert_eq!(fs::read_to_string(bucket.folder.path().join("films/video/m/low/s0.ts")).unwrap(), "segment");
}

#[tokio::test]
async fn what_was_uploaded_plays() {
    let bucket = Bucket::open(None).await;
    let plan = plan(&workspace().join("local/media/video/clock-ts"), "s3://films/video/mine/").unwrap();
    bucket.upload(&plan).await.unwrap();
    assert_eq!(plan.uploads.len(), 13);
    let house = House::with_media(bucket.folder.path().join("films")).await;
    let cookies = house.cookies().await;
    for name in ["master.m3u8", "360p/playlist.m3u8", "360p/segment003.ts"] {
        let answer =
            house.get(&format!("/video/mine/{name}")).header("cookie", &cookies).send().await.unwrap();
        let expected = fs::read(workspace().join("local/media/video/clock-ts").join(name)).unwrap();
        assert_eq!(answer.bytes().await.unwrap(), expected, "{name}");
    }
}

#[tokio::test]
async fn nobody_sees_a_playlist_whose_segments_are_not_there() {
    let film = film();
    for (refused, missing) in [("s0.m4s", "low/p.m3u8"), ("low/p.m3u8", "master.m3u8")] {
        let bucket = Bucket::open(Some(refused)).await;
        let plan = plan(film.path(), "s3://films/video/m").unwrap();
        let error = bucket.upload(&plan).await.unwrap_err().to_string();
        assert!(!bucket.puts().iter().any(|put| put.key.ends_with(missing)), "{refused}");
        let (before, after) = error.split_once(" was not uploaded, ").unwrap();
        assert!(before.ends_with(refused), "{error}");
        let (_, reason) = after.split_once(" of 11 files were: ").unwrap();
        assert_eq!(reason, "S3 answers AccessDenied: whoever uploads needs s3:PutObject on the bucket");
    }
}

#[tokio::test]
async fn what_cannot_be_uploaded_is_told_before_anything_is() {
    let (film, empty, large, odd) =
        (film(), TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    // A sparse file, not five gibibytes of data.
    fs::File::create(large.path().join("film.mp4")).unwrap().set_len(5 * 1_024 * 1_024 * 1_024 + 1).unwrap();
    fs::write(odd.path().join(OsStr::from_bytes(b"\xff.ts")), "segment").unwrap();
    let name = |folder: &TempDir| folder.path().display().to_string();
    let file = film.path().join("master.m3u8");
    let rows = [
        (film.path(), "films/video/m", "the destination \"films/video/m\" is not of the form s3://BUCKET/video/NAME".to_owned()),
        (
            film.path(),
            "s3://films/films/m",
            "nobody could watch what lies below \"films/m\": the bucket policy opens video/* only (and public/* with \
         PublicPaths), so upload to s3://BUCKET/video/NAME, or say --any-prefix"
                .to_owned(),
        ),
        (empty.path(), "s3://films/video/m", format!("{} holds no file to upload", name(&empty))),
        (
            large.path(),
            "s3://films/video/m",
            format!("{}/film.mp4 has more than the 5 GiB that S3 accepts in one request: upload it with `aws s3 cp`", name(&large)),
        ),
        (
            odd.path(),
            "s3://films/video/m",
            format!("{}/\u{fffd}.ts cannot be a key in S3: its name is not UTF-8", name(&odd)),
        ),
        (&file, "s3://films/video/m", format!("{} is not a folder", file.display())),
    ];
    for (folder, destination, expected) in rows {
        assert_eq!(plan(folder, destination).unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told() {
    let (film, bucket) = (film(), Bucket::open(None).await);
    let plan = plan(film.path(), "s3://no-such-bucket/video/m").unwrap();
    let error = bucket.upload(&plan).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "nothing was uploaded: S3 answers NoSuchBucket: the stack's output BucketName has the name"
    );
}

#[tokio::test]
async fn what_the_bucket_holds_is_not_sent_again() {
    let (film, bucket) = (film(), Bucket::open(None).await);
    let plan = plan(film.path(), "s3://films/video/m").unwrap();
    bucket.upload(&plan).await.unwrap();
    let [sent, before] = bucket.upload(&plan).await.unwrap();
    assert_eq!((sent.len(), before.len(), bucket.puts().len()), (0, 11, 11));

    // As long as before, but another content; the type that another program gave it; gone; and as another program
    // leaves it, without a checksum of SHA-256.
    fs::write(film.path().join("low/s0.ts"), "SEGMENT").unwrap();
    let put = |key: &str, text: &'static str| {
        bucket.client.put_object().bucket("films").key(key).body(text.as_bytes().to_vec().into())
    };
    put("video/m/low/s0.m4s", "fragment").send().await.unwrap();
    let segment = put("video/m/audio/s0.aac", "sound").content_type("audio/aac");
    segment.cache_control("max-age=3600, s-maxage=31536000").send().await.unwrap();
    bucket.client.delete_object().bucket("films").key("video/m/poster.jpg").send().await.unwrap();
    let expected = ["video/m/low/s0.m4s", "video/m/low/s0.ts", "video/m/poster.jpg"];
    let present = Present::list(&bucket.client, &plan).await.unwrap().unwrap();
    let mut told: Vec<_> = missing(&bucket.client, &plan, &present)
        .await
        .unwrap()
        .iter()
        .map(|upload| upload.key.as_str())
        .collect();
    told.sort_unstable();
    assert_eq!(told, expected);
    let [sent, before] = bucket.upload(&plan).await.unwrap();
    assert_eq!((sent, before.len()), (expected.map(str::to_owned).to_vec(), 8));
    let sent = fs::read_to_string(bucket.folder.path().join("films/video/m/low/s0.ts")).unwrap();
    assert_eq!(sent, "SEGMENT");
}

#[tokio::test]
async fn an_upload_that_failed_goes_on_where_it_stopped() {
    let film = film();
    let bucket = Bucket::open(Some("low/p.m3u8")).await;
    let plan = plan(film.path(), "s3://films/video/m").unwrap();
    bucket.upload(&plan).await.unwrap_err();
    assert_eq!(bucket.puts().len(), 9, "all but the two playlists");
    let again = Bucket::over(bucket.folder, None).await;
    let [sent, before] = again.upload(&plan).await.unwrap();
    assert_eq!(
        (sent, before.len()),
        (["video/m/low/p.m3u8", "video/m/master.m3u8"].map(str::to_owned).to_vec(), 9)
    );
}
