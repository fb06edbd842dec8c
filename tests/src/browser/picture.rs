//! Pictures that contain their text, so that a test notices a stale picture.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Filter};
use similar::TextDiff;

/// The keyword of the PNG specification for the text.
const DESCRIPTION: &str = "Description";

/// A PNG file that contains the text that it shows.
#[derive(Clone, Debug)]
pub struct Picture {
    path: PathBuf,
}

/// The reason why a picture is stale.
#[derive(Debug)]
pub struct Stale(String);

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Picture {
    /// The picture in this file, which may not exist yet.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned() }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text that the picture shows. `None` if the file contains no text.
    pub fn text(&self) -> io::Result<Option<String>> {
        let decoder = Decoder::new(io::BufReader::new(fs::File::open(&self.path)?));
        let reader = decoder.read_info().map_err(io::Error::other)?;
        let mut texts = reader.info().utf8_text.iter();
        let chunk = texts.find(|chunk| chunk.keyword == DESCRIPTION);
        chunk.map(|chunk| chunk.get_text().map_err(io::Error::other)).transpose()
    }

    /// Compares the text that the picture shows with `text`.
    pub fn shows(&self, text: &str) -> Result<(), Stale> {
        let old = match self.text() {
            Ok(Some(old)) => old,
            Ok(None) => return Err(Stale("the file does not say what it shows".to_string())),
            Err(error) => return Err(Stale(error.to_string())),
        };
        if old == text {
            return Ok(());
        }
        let diff = TextDiff::from_lines(old.as_str(), text);
        let diff = diff.unified_diff().header("in the picture", "on the page").to_string();
        Err(Stale(diff))
    }

    /// Writes `screenshot`, a PNG, in a smaller form that contains `text`.
    pub fn save(&self, screenshot: &[u8], text: &str) -> io::Result<()> {
        let (width, height, pixels) = rgb(screenshot)?;
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, width, height);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::High);
        let data = if let Some((palette, indices)) = indexed(&pixels) {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
            // Neighbors in a palette are unrelated colors, so filters that subtract neighbors do
            // not help.
            encoder.set_filter(Filter::NoFilter);
            indices
        } else {
            encoder.set_color(ColorType::Rgb);
            encoder.set_filter(Filter::Adaptive);
            pixels
        };
        encoder.add_itxt_chunk(DESCRIPTION.to_string(), text.to_string())?;
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&data)?;
        writer.finish()?;
        fs::write(&self.path, file)
    }
}

/// The size of a picture and its pixels. A screenshot has no transparency.
fn rgb(png: &[u8]) -> io::Result<(u32, u32, Vec<u8>)> {
    let mut reader = Decoder::new(io::Cursor::new(png)).read_info().map_err(io::Error::other)?;
    let size = reader.output_buffer_size().ok_or_else(|| io::Error::other("too large"))?;
    let mut data = vec![0; size];
    let frame = reader.next_frame(&mut data).map_err(io::Error::other)?;
    data.truncate(frame.buffer_size());
    let pixels = match (frame.color_type, frame.bit_depth) {
        (ColorType::Rgb, BitDepth::Eight) => data,
        (ColorType::Rgba, BitDepth::Eight) => {
            data.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
        }
        other => return Err(io::Error::other(format!("a screenshot of {other:?}"))),
    };
    Ok((frame.width, frame.height, pixels))
}

/// A palette, and the index of each pixel in it, if there are few enough colors.
fn indexed(pixels: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut places = BTreeMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(pixels.len() / 3);
    for pixel in pixels.chunks_exact(3) {
        let next = places.len();
        let place = *places.entry(pixel).or_insert(next);
        indices.push(u8::try_from(place).ok()?);
        if place == next {
            palette.extend_from_slice(pixel);
        }
    }
    Some((palette, indices))
}
