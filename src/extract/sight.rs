//! A picture as OCR is shown it: decoded here, upright, in grey, and no larger
//! than a page has to be. The programs that recognise text see plain pixels,
//! and never a stranger's bytes.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, imageops,
};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::kind::{self, Kind};
use super::picture;

/// The longer side of what OCR is shown, in pixels: A4 at 300 dpi.
const LONGEST: u32 = 3_508;
/// The longer side of pictures that are shown magnified: a screen's.
const MAGNIFIED: u32 = 1_366;
/// Pixels that are decoded of one picture: A3 at 600 dpi, and some more.
const MOST_PIXELS: u64 = 100_000_000;
/// Bytes that a decoder may take for itself.
const MOST_MEMORY: u64 = 450 * 1024 * 1024;

/// Why there is nothing to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blind {
    TooLarge,
    Damaged,
}

/// Decodes a page of a picture; pages count from 1.
pub(crate) fn decode(bytes: &[u8], page: u32) -> Result<GrayImage, Blind> {
    let Kind::Picture(kind) = kind::sniff(bytes) else {
        return Err(Blind::Damaged);
    };
    let format = picture::format(kind).ok_or(Blind::Damaged)?;
    let turned;
    let bytes = match page {
        1 => bytes,
        _ => {
            turned = turn_to(bytes, page).ok_or(Blind::Damaged)?;
            &turned
        }
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(blind)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(Blind::TooLarge);
    }
    // A camera says how it was held; a picture without that is upright.
    let orientation = decoder.orientation().ok();
    let light = match format {
        ImageFormat::Jpeg => light(bytes, width, height),
        _ => None,
    };
    let mut picture = match light {
        Some(light) => DynamicImage::ImageLuma8(light),
        None => DynamicImage::from_decoder(decoder).map_err(blind)?,
    };
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(grey(picture))
}

/// The light of a JPEG picture, which most of them keep by itself: in half the
/// time that it takes to make grey of its colours.
fn light(jpeg: &[u8], width: u32, height: u32) -> Option<GrayImage> {
    let options = DecoderOptions::default()
        .set_max_width(width as usize)
        .set_max_height(height as usize)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    GrayImage::from_raw(width, height, decoder.decode().ok()?)
}

/// The picture at the size that OCR is shown.
pub(crate) fn fit(picture: GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if longer <= LONGEST {
        return picture;
    }
    let scaled =
        |side: u32| (u64::from(side) * u64::from(LONGEST) / u64::from(longer)).max(1) as u32;
    imageops::thumbnail(&picture, scaled(width), scaled(height))
}

/// The picture twice as wide and high, if it is one of those whose letters may
/// be as low as a screen shows them: tesseract wants them higher.
pub(crate) fn magnify(picture: GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    match width.max(height) {
        ..=MAGNIFIED => imageops::resize(&picture, 2 * width, 2 * height, FilterType::Triangle),
        _ => picture,
    }
}

/// A page as `pdftoppm -gray` gives it: PGM, eight bits deep.
pub(crate) fn rendered(pgm: &[u8]) -> Option<GrayImage> {
    let mut at = pgm.strip_prefix(b"P5")?;
    let mut number = || -> Option<u32> {
        at = at.trim_ascii_start();
        let digits = at.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = at.split_at(digits);
        at = rest;
        std::str::from_utf8(number).ok()?.parse().ok()
    };
    let (width, height, depth) = (number()?, number()?, number()?);
    let pixels = at.get(1..)?;
    if depth != 255 || u64::from(width) * u64::from(height) != pixels.len() as u64 {
        return None;
    }
    GrayImage::from_raw(width, height, pixels.to_vec())
}

/// What is transparent shows the white of a page.
fn grey(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let picture = picture.into_luma_alpha8();
    let (width, height) = picture.dimensions();
    let over_white = |pixel: &[u8]| {
        let (light, cover) = (u16::from(pixel[0]), u16::from(pixel[1]));
        ((light * cover + 255 * (255 - cover)) / 255) as u8
    };
    let pixels = picture.as_raw().chunks_exact(2).map(over_white).collect();
    GrayImage::from_raw(width, height, pixels).expect("a byte a pixel")
}

/// A TIFF file that begins with another of its pages.
fn turn_to(bytes: &[u8], page: u32) -> Option<Vec<u8>> {
    let index = usize::try_from(page.checked_sub(1)?).ok()?;
    let at = *picture::directories(bytes).get(index)?;
    let mut turned = bytes.to_vec();
    let at = match bytes.starts_with(b"MM") {
        true => at.to_be_bytes(),
        false => at.to_le_bytes(),
    };
    turned.get_mut(4..8)?.copy_from_slice(&at);
    Some(turned)
}

fn blind(error: ImageError) -> Blind {
    match error {
        ImageError::Limits(_) => Blind::TooLarge,
        _ => Blind::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_page_is_taken_whole_or_not_at_all() {
        let page = rendered(b"P5\n3 2\n255\n\0\x01\x02\x03\x04\x05").expect("six pixels");
        assert_eq!(page.dimensions(), (3, 2));
        assert_eq!(page.as_raw()[5], 5);
        for bad in [
            &b""[..],
            b"P5",
            b"P6\n1 1\n255\n\0",
            b"P5\n3 2\n255\n\0\x01",
            b"P5\n3 2\n65535\n\0\x01\x02\x03\x04\x05",
            b"P5\n4294967295 4294967295\n255\n",
        ] {
            assert!(rendered(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn large_pictures_become_smaller_and_keep_their_shape() {
        let fitted = fit(GrayImage::new(7016, 3508));
        assert_eq!(fitted.dimensions(), (LONGEST, LONGEST / 2));
        assert_eq!(fit(GrayImage::new(100, 50)).dimensions(), (100, 50));
        assert_eq!(
            magnify(GrayImage::new(1_366, 768)).dimensions(),
            (2_732, 1_536)
        );
        assert_eq!(
            magnify(GrayImage::new(768, 1_367)).dimensions(),
            (768, 1_367)
        );
        assert_eq!(fit(GrayImage::new(40_000, 1)).dimensions(), (LONGEST, 1));
    }

    #[test]
    fn what_is_transparent_is_white() {
        let mut picture = image::RgbaImage::new(2, 1);
        picture.put_pixel(1, 0, image::Rgba([0, 0, 0, 255]));
        let grey = grey(DynamicImage::ImageRgba8(picture));
        assert_eq!(grey.as_raw(), &[255, 0]);
    }
}
