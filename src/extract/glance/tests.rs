use std::path::Path;

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};

use super::{Glance, glance, is_photograph};

fn may_hold_words(picture: &GrayImage) -> bool {
    glance(picture) != Glance::Nothing
}

/// A list of pupils, a screen, a page from a copier.
const WRITTEN: [&str; 4] = [
    "documents/sheet.jpg",
    "documents/screen.png",
    "documents/copier.tif",
    "corpus/pictures/register.jpg",
];

fn fixture(name: &str) -> GrayImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    image::open(path).expect("a picture").into_luma8()
}

/// Numbers without a pattern, the same each time (xorshift).
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8
    }
}

fn noise(width: u32, height: u32) -> GrayImage {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    GrayImage::from_fn(width, height, |_, _| Luma([random.byte()]))
}

fn drawn(width: u32, height: u32, light: impl Fn(f32, f32) -> f32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        Luma([light(x as f32, y as f32).clamp(0.0, 255.0) as u8])
    })
}

fn each(picture: &GrayImage, change: impl Fn(u32, u32, f32) -> f32) -> GrayImage {
    let (width, height) = picture.dimensions();
    drawn(width, height, |x, y| {
        let (x, y) = (x as u32, y as u32);
        change(x, y, f32::from(picture.get_pixel(x, y)[0]))
    })
}

fn turned(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (mid_x, mid_y) = (width as f32 / 2.0, height as f32 / 2.0);
    drawn(width, height, |x, y| {
        let (x, y) = (x - mid_x, y - mid_y);
        let (x, y) = (x * cosine + y * sine + mid_x, y * cosine - x * sine + mid_y);
        imageops::interpolate_bilinear(picture, x, y).map_or(90.0, |pixel| f32::from(pixel[0]))
    })
}

#[test]
fn pages_of_text_may_hold_words() {
    for name in WRITTEN {
        let page = fixture(name);
        assert!(may_hold_words(&page), "{name}");
        for share in [0.6, 1.5, 2.0] {
            let side = |side: u32| (side as f32 * share) as u32;
            let (width, height) = (side(page.width()), side(page.height()));
            let scaled = imageops::resize(&page, width, height, FilterType::Triangle);
            assert!(may_hold_words(&scaled), "{name} × {share}");
        }
    }
}

#[test]
fn it_shows_which_way_the_words_run() {
    for name in WRITTEN {
        let page = fixture(name);
        for upright in [page.clone(), imageops::rotate180(&page)] {
            assert_eq!(glance(&upright), Glance::Across, "{name}");
        }
        for lying in [imageops::rotate90(&page), imageops::rotate270(&page)] {
            let seen = glance(&lying);
            assert!(matches!(seen, Glance::Along { .. }), "{name}: {seen:?}");
        }
    }
}

#[test]
fn badly_photographed_pages_may_hold_words() {
    for name in WRITTEN {
        let page = fixture(name);
        let grain = noise(page.width(), page.height());
        let (width, height) = (page.width() as f32, page.height() as f32);
        for (how, picture) in [
            ("light on dark", each(&page, |_, _, light| 255.0 - light)),
            ("faint", each(&page, |_, _, light| 120.0 + light / 4.0)),
            (
                "half in the shade",
                each(&page, |x, _, light| light * (1.0 - 0.7 * x as f32 / width)),
            ),
            (
                "in bad light",
                each(&page, |x, y, light| {
                    let grain = f32::from(grain.get_pixel(x, y)[0]) - 128.0;
                    light * (0.4 + 0.4 * y as f32 / height) + grain / 10.0
                }),
            ),
            ("askew", turned(&page, 4.0)),
            ("askew the other way", turned(&page, -7.0)),
            ("out of focus", imageops::blur(&page, 1.2)),
        ] {
            assert!(may_hold_words(&picture), "{name} {how}");
        }
    }
}

#[test]
fn a_list_within_a_photograph_may_hold_words() {
    let scene = imageops::resize(&noise(400, 300), 2_400, 1_800, FilterType::CatmullRom);
    assert!(!may_hold_words(&scene));
    for name in WRITTEN {
        let page = fixture(name);
        for (left, top) in [(0, 0), (700, 100), (1_000, 600)] {
            let mut photograph = scene.clone();
            imageops::overlay(&mut photograph, &page, left, top);
            assert!(may_hold_words(&photograph), "{name} at {left}, {top}");
        }
    }
}

#[test]
fn a_name_alone_may_be_words() {
    let badge = fixture("documents/badge.png");
    assert!(may_hold_words(&badge));
    // The first line of a page, on a small picture and on a large one.
    let line =
        imageops::crop_imm(&fixture("corpus/pictures/register.jpg"), 0, 0, 600, 130).to_image();
    for (width, height) in [(640, 200), (1_600, 1_200), (3_000, 2_000)] {
        let mut picture = drawn(width, height, |x, y| {
            200.0 + 20.0 * (x / 90.0).sin() + y / 100.0
        });
        imageops::overlay(&mut picture, &line, 20, 40);
        assert!(may_hold_words(&picture), "{width} × {height}");
    }
}

#[test]
fn what_is_no_print_is_passed_over() {
    let meadow = fixture("documents/meadow.jpg");
    let dots = |x: f32, y: f32| {
        if x % 6.0 < 3.0 && y % 6.0 < 3.0 {
            0.0
        } else {
            255.0
        }
    };
    let squared = |x: f32, y: f32| {
        if x % 40.0 < 2.0 || y % 40.0 < 2.0 {
            90.0
        } else {
            250.0
        }
    };
    let ruled = |_: f32, y: f32| if y % 50.0 < 2.0 { 90.0 } else { 250.0 };
    let hatched = |x: f32, y: f32| if (x + y) % 8.0 < 4.0 { 30.0 } else { 220.0 };
    let rings = |x: f32, y: f32| 128.0 + 100.0 * ((x - 500.0).hypot(y - 400.0) / 20.0).sin();
    let sky = |x: f32, y: f32| 150.0 + y / 10.0 + 10.0 * (x / 200.0).cos();
    for (what, picture) in [
        ("a meadow", meadow),
        ("nothing", drawn(1_000, 800, |_, _| 255.0)),
        ("a sky", drawn(1_000, 800, sky)),
        ("dots", drawn(1_000, 800, dots)),
        ("squared paper", drawn(1_000, 800, squared)),
        ("ruled paper", drawn(1_000, 800, ruled)),
        ("hatching", drawn(1_000, 800, hatched)),
        ("rings", drawn(1_000, 800, rings)),
        ("noise", noise(1_000, 800)),
        (
            "a chessboard",
            drawn(800, 800, |x, y| {
                if (x / 100.0) as u32 % 2 == (y / 100.0) as u32 % 2 {
                    0.0
                } else {
                    255.0
                }
            }),
        ),
    ] {
        assert!(!may_hold_words(&picture), "{what}");
    }
    for fine in [640, 900] {
        let blurred = imageops::resize(&noise(fine, fine), 1_600, 1_200, FilterType::CatmullRom);
        assert!(!may_hold_words(&blurred), "noise of {fine}");
    }
}

#[test]
fn pictures_of_any_shape_are_looked_at() {
    for (width, height) in [
        (0, 0),
        (1, 1),
        (3, 900),
        (900, 3),
        (4, 4),
        (65, 64),
        (257, 33),
        (100_000, 5),
    ] {
        assert!(
            !may_hold_words(&GrayImage::new(width, height)),
            "{width} × {height}"
        );
        may_hold_words(&noise(width, height));
    }
}

/// Soft mottling, as leaves and walls have it: noise of several sizes.
fn mottled(width: u32, height: u32, dark: f32, light: f32) -> GrayImage {
    let coarse = |cell: u32| {
        let noise = noise(width / cell + 2, height / cell + 2);
        imageops::resize(&noise, width, height, FilterType::CatmullRom)
    };
    let layers = [coarse(96), coarse(32), coarse(8), coarse(3)];
    each(&layers[0], |x, y, _| {
        let at = |layer: usize| f32::from(layers[layer].get_pixel(x, y)[0]) / 255.0;
        let mix = 0.45 * at(0) + 0.3 * at(1) + 0.15 * at(2) + 0.1 * at(3);
        dark + (light - dark) * mix
    })
}

/// A meadow under an even sky, with somebody in front of it.
fn outdoors(width: u32, height: u32) -> GrayImage {
    each(&mottled(width, height, 20.0, 190.0), |x, y, light| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        match (x, y) {
            (0.4..0.6, 0.3..0.5) => 180.0 - 200.0 * (x - 0.5).abs(),
            (0.35..0.65, 0.5..0.9) => 60.0 + light / 4.0,
            (_, ..0.35) => 215.0 + 60.0 * y,
            _ => light,
        }
    })
}

#[test]
fn what_light_falls_on_is_a_photograph() {
    for (width, height) in [(400, 300), (640, 480), (1_600, 1_200), (300, 900)] {
        let picture = outdoors(width, height);
        assert!(is_photograph(&picture), "{width}×{height}");
        // A snowy day, and a grey one.
        let bright = each(&picture, |_, _, light| 255.0 - (255.0 - light) * 0.5);
        assert!(is_photograph(&bright), "{width}×{height}, bright");
        let flat = each(&picture, |_, _, light| 70.0 + light * 0.4);
        assert!(is_photograph(&flat), "{width}×{height}, hazy");
    }
    // A stage: somebody in the light, and darkness around.
    let stage = each(&mottled(800, 600, 0.0, 250.0), |x, y, light| {
        let (x, y) = ((x as f32 - 400.0) / 300.0, (y as f32 - 300.0) / 260.0);
        let lit = (1.2 - x.hypot(y)).clamp(0.02, 1.0);
        light * lit
    });
    assert!(is_photograph(&stage));
}

#[test]
fn what_is_drawn_printed_or_shown_on_a_screen_is_none() {
    for name in [
        "documents/screen.png",
        "documents/copier.tif",
        "documents/badge.png",
        "corpus/pictures/register.jpg",
        "corpus/pictures/badge.png",
        "corpus/pictures/screen.png",
    ] {
        assert!(!is_photograph(&fixture(name)), "{name}");
    }
    // Blank paper, and paper from a copier with a line drawn on it.
    assert!(!is_photograph(&drawn(600, 800, |_, _| 250.0)));
    let grain = noise(600, 800);
    let copied = each(&grain, |x, y, grain| {
        let line = (x as f32 - 300.0 - 80.0 * (y as f32 / 60.0).sin()).abs() < 3.0;
        if line { 60.0 } else { 236.0 + grain / 20.0 }
    });
    assert!(!is_photograph(&copied));
    // A chart, a picture of many plain colours, and a colour that fades.
    let chart = drawn(600, 400, |x, y| {
        let bar = (x as u32 / 60) % 2 == 1 && y > 40.0 + (x / 60.0).floor() * 31.0;
        if bar { 110.0 } else { 255.0 }
    });
    assert!(!is_photograph(&chart));
    let quilt = drawn(900, 700, |x, y| {
        let patch = (x / 75.0).floor() * 37.0 + (y / 70.0).floor() * 91.0;
        patch % 251.0
    });
    assert!(!is_photograph(&quilt));
    assert!(!is_photograph(&drawn(900, 400, |x, _| 40.0 + x / 6.0)));
    for (width, height) in [(1, 1), (7, 900), (8, 8), (1, 5_000)] {
        assert!(!is_photograph(&GrayImage::new(width, height)));
    }
}
