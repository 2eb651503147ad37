//! The steps of a package: what is made, in which order, and how a step's output becomes whole.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
};

use super::{
    PackageError, boxes,
    captions::{CaptionFile, Captions},
    encode::{self, LIST, Tones, WHOLE_CAPTIONS},
    encryption::Key,
    ffmpeg,
    ladder::{Rung, ladder},
    playlist::{self, Content, Segment},
    record::Identity,
    source::Source,
    thumbnails::Sheets,
    track::{Track, named},
};

/// What happens while a film is packaged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told<'a> {
    /// What will be otherwise than in the film.
    Note(&'a str),
    /// Of all the work that was to be done, how much is done.
    Progress {
        /// What is being made.
        step: &'a str,
        /// Any unit.
        done: f64,
        /// The same unit.
        all: f64,
    },
}

/// One output.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Its name in the package's folder.
    pub(super) name: String,
    /// How much work it is, compared with other steps.
    pub(super) work: f64,
    /// ffmpeg's; none if there is nothing for it to do.
    arguments: Vec<OsString>,
    output: Output,
    /// What else its content depends on.
    depends: String,
}

/// What ffmpeg leaves behind, and what becomes of it.
#[derive(Clone, Debug)]
enum Output {
    /// One file.
    File,
    /// A folder, as it is.
    Folder,
    /// Segments of a picture or of sound.
    Segments { content: Content, has_key_frames: bool },
    /// WebVTT, which is cut into segments; of a file that needs no ffmpeg, if there is one.
    Text { file: Option<PathBuf>, segment_seconds: f64, film_seconds: f64 },
}

/// The steps of a film, and what they make.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) rungs: Vec<Rung>,
    pub(super) audio: Vec<Track>,
    pub(super) text: Vec<Track>,
    pub(super) sheets: Sheets,
}

/// What the owner of the film wants besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes {
    pub(super) content: Content,
    pub(super) download: bool,
    pub(super) tones: Tones,
}

impl Plan {
    pub(super) fn of(
        film: &Path,
        source: &Source,
        files: &[CaptionFile],
        wishes: Wishes,
    ) -> Result<Self, PackageError> {
        let Source { seconds, picture, .. } = source;
        let (rate, content) = (picture.rate, wishes.content);
        let mut steps = Vec::new();
        // To read the source is work, too.
        let reading = pixels(picture.size.width, picture.size.height) * rate.per_second() * seconds * READING;
        let rungs = ladder(picture.size);
        // The smallest first: what is wrong with the film shows early.
        for rung in rungs.iter().rev() {
            steps.push(Step {
                name: rung.name(),
                work: pixels(rung.size.width, rung.size.height) * rate.per_second() * seconds + reading,
                arguments: encode::picture(film, picture, wishes.tones, rung, *seconds),
                output: Output::Segments { content, has_key_frames: content == Content::Media },
                depends: String::new(),
            });
        }
        let audio = named("audio", "Audio", source.sound.iter().map(|sound| sound.label.clone()).collect());
        let format = encode::Format::of(&source.sound);
        for (track, sound) in audio.iter().zip(&source.sound) {
            steps.push(Step {
                name: track.folder.clone(),
                work: SOUND * seconds,
                arguments: encode::sound(film, sound.index, format, rate, *seconds),
                output: Output::Segments { content, has_key_frames: false },
                depends: String::new(),
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
        let segment_seconds = rate.segment_microseconds() as f64 / 1_000_000.0;
        let inside = source.captions.iter().map(|captions| captions.label.clone());
        let text = named(
            "subtitles",
            "Subtitles",
            inside.chain(files.iter().map(|file| file.label.clone())).collect(),
        );
        let within = source
            .captions
            .iter()
            .map(|captions| Ok((encode::captions(film, captions.index), None, String::new())));
        for (track, made) in text.iter().zip(within.chain(files.iter().map(caption_file))) {
            let (arguments, file, depends) = made?;
            let output = Output::Text { file, segment_seconds, film_seconds: *seconds };
            steps.push(Step { name: track.folder.clone(), work: TEXT * seconds, arguments, output, depends });
        }
        steps.push(Step {
            name: POSTER.to_owned(),
            work: SOUND,
            arguments: encode::poster(film, picture, wishes.tones, *seconds),
            output: Output::File,
            depends: String::new(),
        });
        let sheets = Sheets::of(picture.size, *seconds);
        let Sheets { size, every, .. } = sheets;
        steps.push(Step {
            name: THUMBNAILS.to_owned(),
            work: reading,
            arguments: encode::thumbnails(film, picture, wishes.tones, size, every, sheets.grid(), *seconds),
            output: Output::Folder,
            depends: String::new(),
        });
        if wishes.download {
            steps.extend(download(&steps, &rungs, &audio, *seconds));
        }
        Ok(Self { steps, rungs, audio, text, sheets })
    }
}

impl Step {
    /// All that its output depends on, besides the film itself.
    pub(super) fn definition(&self) -> Vec<String> {
        let arguments = self.arguments.iter().map(|argument| argument.to_string_lossy().into_owned());
        arguments.chain([format!("{:?}", self.output), self.depends.clone()]).collect()
    }

    /// Makes the output in the folder `work`, and moves it into the package's folder when it is whole.
    pub(super) fn make(
        &self,
        film: &Path,
        work: &Path,
        package: &Path,
        made: &mut dyn FnMut(f64),
    ) -> Result<(), PackageError> {
        let folder = work.join(&self.name);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        if !self.arguments.is_empty() {
            ffmpeg::run(&self.name, film, &self.arguments, &folder, made)?;
        }
        let whole = match &self.output {
            Output::File => folder.join(&self.name),
            Output::Folder => folder.clone(),
            Output::Segments { content, has_key_frames } => {
                finish_segments(&folder, *content, *has_key_frames)?;
                folder.clone()
            }
            Output::Text { file, segment_seconds, film_seconds } => {
                finish_text(&folder, file.as_deref(), *segment_seconds, *film_seconds)?;
                folder.clone()
            }
        };
        settle(&whole)?;
        let place = package.join(&self.name);
        fs::rename(&whole, &place).map_err(at(&place))
    }
}

fn download(steps: &[Step], rungs: &[Rung], audio: &[Track], seconds: f64) -> Option<Step> {
    let default = audio.iter().find(|track| track.label.is_default).or(audio.first());
    let renditions: Vec<String> =
        rungs.first().map(Rung::name).into_iter().chain(default.map(|track| track.folder.clone())).collect();
    let used = steps.iter().filter(|step| renditions.contains(&step.name));
    Some(Step {
        name: DOWNLOAD.to_owned(),
        work: TEXT * seconds,
        arguments: encode::download(&renditions),
        output: Output::File,
        depends: format!("{:?}", used.map(Step::definition).collect::<Vec<_>>()),
    })
}

type Made = (Vec<OsString>, Option<PathBuf>, String);

/// How a file beside the film becomes WebVTT: it may be WebVTT.
fn caption_file(file: &CaptionFile) -> Result<Made, PackageError> {
    let path = &file.path;
    let depends = format!("{:?}", Identity::of(path).map_err(at(path))?);
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("vtt")) {
        return Ok((Vec::new(), Some(path.clone()), depends));
    }
    let bytes = fs::read(path).map_err(at(path))?;
    let is_utf = std::str::from_utf8(&bytes).is_ok()
        || bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff");
    Ok((encode::caption_file(path, is_utf), None, depends))
}

/// Turns what ffmpeg wrote into a rendition: encrypted if it is to be, with its playlists.
fn finish_segments(folder: &Path, content: Content, has_key_frames: bool) -> Result<(), PackageError> {
    let list = folder.join(LIST);
    let segments = playlist::segments(&fs::read_to_string(&list).map_err(at(&list))?);
    fs::remove_file(&list).map_err(at(&list))?;
    if segments.is_empty() {
        return Err(PackageError::Invalid { path: list, what: "ffmpeg wrote no segments".to_owned() });
    }
    let key = match content {
        Content::Encrypted => Some(Key::new().map_err(|_| no_key(folder))?),
        _ => None,
    };
    let mut key_frames = Vec::new();
    for (number, segment) in (0..).zip(&segments) {
        let path = folder.join(&segment.name);
        let bytes = fs::read(&path).map_err(at(&path))?;
        if has_key_frames {
            let frame = boxes::first_frame(&bytes);
            let frame = frame.ok_or_else(|| invalid(&path, "it does not begin with a key frame"))?;
            let part = (length(frame.len()), length(frame.start));
            key_frames.push(Segment { part: Some(part), ..segment.clone() });
        }
        if let Some(key) = &key {
            fs::write(&path, key.encrypt(number, bytes).map_err(|_| no_key(folder))?).map_err(at(&path))?;
        }
    }
    if let Some(key) = &key {
        write(&folder.join("key.bin"), key.bytes())?;
    }
    if has_key_frames {
        write(&folder.join(KEY_FRAMES), playlist::written(&key_frames, Content::KeyFrames).as_bytes())?;
    }
    write(&folder.join(PLAYLIST), playlist::written(&segments, content).as_bytes())
}

fn finish_text(
    folder: &Path,
    file: Option<&Path>,
    segment_seconds: f64,
    film_seconds: f64,
) -> Result<(), PackageError> {
    let whole = folder.join(WHOLE_CAPTIONS);
    let path = file.unwrap_or(&whole);
    let captions = Captions::read(&String::from_utf8_lossy(&fs::read(path).map_err(at(path))?));
    if file.is_some() && captions.is_empty() {
        return Err(PackageError::Unreadable {
            path: path.to_owned(),
            reason: "it has no captions".to_owned(),
        });
    }
    let mut segments = Vec::new();
    for (segment, text) in captions.segments(segment_seconds, film_seconds) {
        write(&folder.join(&segment.name), text.as_bytes())?;
        segments.push(segment);
    }
    if file.is_none() {
        fs::remove_file(&whole).map_err(at(&whole))?;
    }
    write(&folder.join(PLAYLIST), playlist::written(&segments, Content::Text).as_bytes())
}

/// Waits until the disk has a file, or each file of a folder, so that a name never outlives its content.
fn settle(path: &Path) -> Result<(), PackageError> {
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(at(path))? {
            settle(&entry.map_err(at(path))?.path())?;
        }
    }
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), PackageError> {
    fs::write(path, bytes).map_err(at(path))
}

/// The error of a file or folder.
pub(super) fn at(path: &Path) -> impl Fn(std::io::Error) -> PackageError {
    move |source| PackageError::File { path: path.to_owned(), source }
}

pub(super) fn invalid(path: &Path, what: impl Into<String>) -> PackageError {
    PackageError::Invalid { path: path.to_owned(), what: what.into() }
}

fn no_key(folder: &Path) -> PackageError {
    invalid(folder, "it cannot be encrypted")
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn pixels(width: u32, height: u32) -> f64 {
    f64::from(width) * f64::from(height)
}

pub(super) const DOWNLOAD: &str = "film.mp4";
pub(super) const KEY_FRAMES: &str = "iframes.m3u8";
pub(super) const PLAYLIST: &str = "playlist.m3u8";
pub(super) const POSTER: &str = "poster.jpg";
pub(super) const THUMBNAILS: &str = "thumbnails";
/// To read a pixel, compared with writing one.
const READING: f64 = 0.1;
/// Sound and text of a second, in pixels.
const SOUND: f64 = 200_000.0;
const TEXT: f64 = 20_000.0;
