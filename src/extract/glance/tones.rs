//! Whether a picture is a photograph. Where light falls on things it has many
//! tones that run into each other; what is drawn, printed or shown on a screen
//! has few, on even ground, with hard edges between them.

use image::GrayImage;

/// Side of the blocks whose tones are looked at, in pixels: what JPEG packs
/// together.
const BLOCK: usize = 8;
/// As many blocks as this say enough about a picture of any size.
const MOST_BLOCKS: usize = 8_192;

/// A block whose tones lie so near each other is even,
const EVEN: u8 = 3;
/// and in one where they lie further apart than this, an edge runs.
const EDGE: u8 = 48;

/// Tones that an eye takes for one, of 256.
const SAME: usize = 16;
/// Tones up to here are as good as black.
const BLACK: usize = 64;

/// Whether the picture was taken of something. A photograph of paper mostly
/// counts as the paper, and a poster as the photograph that fills it.
pub(crate) fn is_photograph(picture: &GrayImage) -> bool {
    let tones = Tones::of(picture);
    let (commonest, share) = tones.commonest();
    if share >= 0.6 {
        // A stage in the dark, rather than white letters on black.
        let edges = tones.share(tones.edges);
        let soft = 1.0 - tones.share(tones.even) - edges;
        return commonest < BLACK && soft >= 0.06 && soft > 2.0 * edges;
    }
    let variety = tones.variety();
    // The sky of a small picture is even too.
    let most_even = if variety >= 4.5 { 0.78 } else { 0.6 };
    variety >= 3.1 && tones.share(tones.even) < most_even
}

/// What is counted in a picture's blocks.
struct Tones {
    /// Pixels of each tone.
    pixels: [u32; 256],
    blocks: u32,
    even: u32,
    edges: u32,
}

impl Tones {
    fn of(picture: &GrayImage) -> Self {
        let width = picture.width() as usize;
        let (across, down) = (width / BLOCK, picture.height() as usize / BLOCK);
        let step = (across * down).div_ceil(MOST_BLOCKS).max(1);
        let mut tones = Self {
            pixels: [0; 256],
            blocks: 0,
            even: 0,
            edges: 0,
        };
        for y in 0..down {
            // Not in columns, where the blocks that are passed over might be
            // the posts of a fence.
            for x in (y * 5 % step..across).step_by(step) {
                let corner = y * BLOCK * width + x * BLOCK;
                let rows = (0..BLOCK).map(|row| &picture.as_raw()[corner + row * width..][..BLOCK]);
                tones.add(rows);
            }
        }
        tones
    }

    fn add<'p>(&mut self, rows: impl Iterator<Item = &'p [u8]>) {
        let (mut darkest, mut lightest) = (u8::MAX, 0);
        for &pixel in rows.flatten() {
            self.pixels[usize::from(pixel)] += 1;
            darkest = darkest.min(pixel);
            lightest = lightest.max(pixel);
        }
        let range = lightest - darkest;
        self.blocks += 1;
        self.even += u32::from(range <= EVEN);
        self.edges += u32::from(range > EDGE);
    }

    /// Of all blocks.
    fn share(&self, blocks: u32) -> f32 {
        blocks as f32 / self.blocks.max(1) as f32
    }

    /// The tone around which most pixels lie, and how many of them do.
    fn commonest(&self) -> (usize, f32) {
        let sums = self.pixels.windows(SAME).map(|same| same.iter().sum());
        let commonest = sums.enumerate().max_by_key(|&(_, sum): &(usize, u32)| sum);
        let (first, sum) = commonest.unwrap_or_default();
        (first + SAME / 2, sum as f32 / self.count())
    }

    /// How much the tones vary: their entropy in bits, at a quarter of the
    /// steps, and so from 0 to 6.
    fn variety(&self) -> f32 {
        let (steps, _) = self.pixels.as_chunks::<4>();
        let shares = steps.iter().map(|step| step.iter().sum::<u32>());
        let shares = shares.filter(|sum| *sum > 0);
        shares
            .map(|sum| sum as f32 / self.count())
            .map(|share| -share * share.log2())
            .sum()
    }

    fn count(&self) -> f32 {
        (self.blocks as f32 * (BLOCK * BLOCK) as f32).max(1.0)
    }
}
