//! Packages a film: the steps that are still to be made, then the playlist of all.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use hls_rewrite::{Origin, RewriteCounts, Scan};
use url::Url;

use super::{
    PackageError,
    boxes::Initialization,
    captions,
    encode::{INITIALIZATION, Tones},
    ffmpeg, mpd,
    multivariant::{self, AudioTrack, TextTrack, Variant},
    name::{is_name, name_of},
    playlist::{self, BitRates, Content, Segment},
    record::{Identity, Record},
    source::{Range, Source},
    step::{KEY_FRAMES, PLAYLIST, Plan, Step, THUMBNAILS, Told, Wishes, at, invalid, write},
};

/// What to package, and where.
#[derive(Clone, Debug)]
pub struct Request {
    /// The film.
    pub film: PathBuf,
    /// The media folder, as for `usher serve`.
    pub media: PathBuf,
    /// The name of the package, if it is not made of the film's.
    pub name: Option<String>,
    /// Whether viewers may download the film, too.
    pub download: bool,
    /// Whether the segments are encrypted with AES-128.
    pub encrypt: bool,
}

/// A package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packaged {
    /// Its folder.
    pub folder: PathBuf,
    /// How many outputs this run made; the others were there.
    pub made: usize,
}

/// Packages a film, and tells about notes and progress.
///
/// # Errors
/// [`PackageError`]
pub fn package(request: &Request, told: &mut dyn FnMut(Told<'_>)) -> Result<Packaged, PackageError> {
    let film =
        request.film.canonicalize().and_then(|film| Identity::of(&film).map(|identity| (film, identity)));
    let unreadable = |reason: String| PackageError::Unreadable { path: request.film.clone(), reason };
    let (film, identity) = film.map_err(|error| unreadable(error.to_string()))?;
    if !film.is_file() {
        return Err(unreadable("it is no file".to_owned()));
    }
    let name = request.name.clone().unwrap_or_else(|| name_of(&film));
    if !is_name(&name) {
        return Err(PackageError::Name(name));
    }
    let source = ffmpeg::probe(&film)?;
    let tones = tones(&source)?;
    for note in source
        .notes
        .iter()
        .map(String::as_str)
        .chain(about(&source, tones))
        .chain(request.encrypt.then_some(NO_MPD))
    {
        told(Told::Note(note));
    }
    let content = if request.encrypt { Content::Encrypted } else { Content::Media };
    let wishes = Wishes { content, download: request.download, tones };
    let plan = Plan::of(&film, &source, &captions::beside(&film)?, wishes)?;

    let folder = request.media.join("video").join(name);
    let workshop = Workshop::open(&folder)?;
    let definitions = plan.steps.iter().map(|step| (step.name.clone(), step.definition()));
    workshop.prepare(&Record { source: identity, steps: definitions.collect() })?;
    let missing: Vec<&Step> = plan.steps.iter().filter(|step| !folder.join(&step.name).exists()).collect();
    make(&missing, &film, &source, &workshop, told)?;
    finish(&folder, &plan, &source, content)?;
    Ok(Packaged { folder, made: missing.len() })
}

fn make(
    missing: &[&Step],
    film: &Path,
    source: &Source,
    workshop: &Workshop,
    told: &mut dyn FnMut(Told<'_>),
) -> Result<(), PackageError> {
    let all = missing.iter().map(|step| step.work).sum();
    let mut done = 0.0;
    for step in missing {
        let mut made = |seconds: f64| {
            let part = (seconds / source.seconds).clamp(0.0, 1.0);
            told(Told::Progress { step: &step.name, done: done + step.work * part, all });
        };
        made(0.0);
        step.make(film, &workshop.work, &workshop.folder, &mut made)?;
        done += step.work;
    }
    Ok(())
}

/// HDR is shown as SDR where ffmpeg can convert it.
fn tones(source: &Source) -> Result<Tones, PackageError> {
    let can_map = source.picture.range == Range::Hdr && ffmpeg::has_filter("zscale")?;
    Ok(if can_map { Tones::Mapped } else { Tones::AsTheyAre })
}

fn about(source: &Source, tones: Tones) -> Option<&'static str> {
    match (source.picture.range, tones) {
        (Range::Sdr, _) => None,
        (Range::Hdr, Tones::Mapped) => Some("the film is HDR; the renditions are SDR"),
        (Range::Hdr, Tones::AsTheyAre) => {
            Some("the film is HDR, and its colors will be pale, because this ffmpeg was built without zscale")
        }
    }
}

/// The package's folder, while it is being made.
struct Workshop {
    folder: PathBuf,
    /// Where outputs are made. Each process has its own: an ffmpeg whose `usher` was killed may still be writing.
    work: PathBuf,
    /// Held until the end.
    _lock: File,
}

impl Workshop {
    fn open(folder: &Path) -> Result<Self, PackageError> {
        let hidden = folder.join(HIDDEN);
        let is_used = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        if is_used && !hidden.is_dir() {
            return Err(PackageError::Foreign(folder.to_owned()));
        }
        fs::create_dir_all(&hidden).map_err(at(&hidden))?;
        let path = hidden.join("lock");
        let lock = File::create(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PackageError::Locked(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        let work = hidden.join(format!("{WORK}{}", std::process::id()));
        let workshop = Self { folder: folder.to_owned(), work, _lock: lock };
        workshop.clear();
        fs::create_dir_all(&workshop.work).map_err(at(&workshop.work))?;
        Ok(workshop)
    }

    /// Removes what would be made otherwise now, and writes down what will be made.
    fn prepare(&self, now: &Record) -> Result<(), PackageError> {
        let path = self.folder.join(RECORD);
        let before = match fs::read(&path) {
            Ok(text) => serde_json::from_slice::<Record>(&text)
                .map_err(|_| invalid(&path, "it is no record of a package"))?,
            Err(_) => Record { source: now.source.clone(), ..Record::default() },
        };
        if before.source.name != now.source.name {
            return Err(PackageError::OtherFilm { folder: self.folder.clone(), film: before.source.name });
        }
        let outdated = before.outdated(now);
        if !outdated.is_empty() {
            // First what names the others.
            for name in [MASTER, MPD] {
                remove(&self.folder.join(name))?;
            }
        }
        for name in outdated {
            remove(&self.folder.join(name))?;
        }
        let text = serde_json::to_string_pretty(now).map_err(|error| invalid(&path, error.to_string()))?;
        replace(&self.folder, RECORD, text.as_bytes())
    }

    /// What another run left, or this one. An ffmpeg without its `usher` may write to it for a moment; then it stays
    /// until the next run.
    fn clear(&self) {
        let entries = self.work.parent().and_then(|hidden| hidden.read_dir().ok());
        for entry in entries.into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(WORK) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Writes what names the outputs; the multivariant playlist last. Players of DASH do not decrypt AES-128: encrypted
/// segments have no MPD.
fn finish(folder: &Path, plan: &Plan, source: &Source, content: Content) -> Result<(), PackageError> {
    let sheets = fs::read_dir(folder.join(THUMBNAILS)).map_err(at(folder))?.count();
    let sheets = u32::try_from(sheets).unwrap_or(u32::MAX);
    replace(folder, "thumbnails.vtt", plan.sheets.written(THUMBNAILS, sheets).as_bytes())?;

    let mut variants = Vec::new();
    for name in plan.rungs.iter().map(super::ladder::Rung::name) {
        let place = folder.join(&name);
        let key_frames = place.join(KEY_FRAMES).exists().then(|| measured(&place, KEY_FRAMES)).transpose()?;
        let key_frames = key_frames.map(|(_, rates)| rates);
        let initialization = initialization(&place)?;
        let (segments, rates) = measured(&place, PLAYLIST)?;
        variants.push(Variant { folder: name, initialization, rates, segments, key_frames });
    }
    let mut audio = Vec::new();
    for track in &plan.audio {
        let place = folder.join(&track.folder);
        let initialization = initialization(&place)?;
        let (segments, rates) = measured(&place, PLAYLIST)?;
        audio.push(AudioTrack { track: track.clone(), initialization, rates, segments });
    }
    let mut text = Vec::new();
    for track in &plan.text {
        let (segments, rates) = measured(&folder.join(&track.folder), PLAYLIST)?;
        text.push(TextTrack { track: track.clone(), rates, segments });
    }
    let rate = source.picture.rate;
    let master = multivariant::written(&variants, &audio, &text, rate);
    verify(folder, &master)?;
    if content == Content::Media {
        replace(folder, MPD, &mpd::written(&variants, &audio, &text, rate).map_err(at(folder))?)?;
    }
    replace(folder, MASTER, master.as_bytes())
}

fn initialization(place: &Path) -> Result<Initialization, PackageError> {
    let path = place.join(INITIALIZATION);
    let bytes = fs::read(&path).map_err(at(&path))?;
    Initialization::read(&bytes).ok_or_else(|| invalid(&path, "it names no codec"))
}

/// The segments of a playlist, and their bit rates, as they are on the disk.
fn measured(place: &Path, name: &str) -> Result<(Vec<Segment>, BitRates), PackageError> {
    let path = place.join(name);
    let mut segments = Vec::new();
    for segment in playlist::segments(&fs::read_to_string(&path).map_err(at(&path))?) {
        let file = place.join(&segment.name);
        let bytes = match segment.part {
            Some((length, _)) => length,
            None => fs::metadata(&file).map_err(at(&file))?.len(),
        };
        segments.push((segment, bytes));
    }
    let rates = playlist::bit_rates(&segments);
    Ok((segments.into_iter().map(|(segment, _)| segment).collect(), rates))
}

/// Reads the playlists as the function that signs them does: each URI must be the name of a file.
fn verify(folder: &Path, master: &str) -> Result<(), PackageError> {
    let path = folder.join(MASTER);
    for playlist in named(&path, master)? {
        let text = fs::read_to_string(&playlist).map_err(at(&playlist))?;
        for file in named(&playlist, &text)? {
            if !file.is_file() {
                return Err(invalid(&playlist, format!("it names {}, which is not there", file.display())));
            }
        }
    }
    Ok(())
}

/// The files that a playlist names.
fn named(path: &Path, playlist: &str) -> Result<Vec<PathBuf>, PackageError> {
    let base = Url::parse(BASE).map_err(|error| invalid(path, error.to_string()))?;
    let mut paths = Vec::new();
    let scan = Scan::read(playlist.as_bytes(), &base, Origin::Static, None, |reference| {
        paths.push(reference.path.to_owned());
        Ok(())
    });
    if scan.left != RewriteCounts::default() {
        return Err(invalid(path, format!("it has URIs that cannot be signed: {:?}", scan.left)));
    }
    let folder = path.parent().unwrap_or(path);
    Ok(paths.iter().map(|path| folder.join(path.trim_start_matches('/'))).collect())
}

/// Removes a file or folder, if it is there.
fn remove(path: &Path) -> Result<(), PackageError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// Writes a file of the package so that it is whole whenever it is there.
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), PackageError> {
    let (path, temporary) = (folder.join(name), folder.join(HIDDEN).join("next"));
    write(&temporary, bytes)?;
    File::open(&temporary).and_then(|file| file.sync_all()).map_err(at(&temporary))?;
    fs::rename(&temporary, &path).map_err(at(&path))
}

const BASE: &str = "https://usher.invalid/";
/// The part of the folder that is not published.
pub(crate) const HIDDEN: &str = ".package";
const MASTER: &str = "master.m3u8";
const MPD: &str = "manifest.mpd";
const NO_MPD: &str = "the film has no MPD, because players of DASH do not decrypt AES-128";
const RECORD: &str = ".package/record.json";
const WORK: &str = "work-";
