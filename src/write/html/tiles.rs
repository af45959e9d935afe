//! Where the tile of a region lies: provinces of China and countries of the world, as grids of tiles of equal size.
//!
//! `tiles_china.csv` places 31 provinces so that 63 of their 69 land borders touch. `tiles_world.csv` is made by
//! `scripts/world-tiles` from coordinates of Natural Earth (public domain).

use std::collections::BTreeMap;
use std::sync::OnceLock;

const GRIDS: [&str; 2] = [include_str!("tiles_china.csv"), include_str!("tiles_world.csv")];

/// The place of a region, and its short names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile {
    /// Which grid.
    grid: usize,
    /// From above.
    pub row: usize,
    /// From the left.
    pub column: usize,
    /// Short name.
    pub short: String,
    /// Short name in Chinese.
    pub short_zh: String,
}

fn all() -> &'static BTreeMap<String, Tile> {
    static ALL: OnceLock<BTreeMap<String, Tile>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut tiles = BTreeMap::new();
        for (grid, text) in GRIDS.iter().enumerate() {
            for line in text.lines().skip(1) {
                let parts: Vec<&str> = line.split(',').collect();
                let [names, short, short_zh, row, column] = parts[..] else { continue };
                let (Ok(row), Ok(column)) = (row.parse(), column.parse()) else { continue };
                let tile = Tile { grid, row, column, short: short.into(), short_zh: short_zh.into() };
                for name in names.split('|') {
                    tiles.entry(name.to_lowercase()).or_insert_with(|| tile.clone());
                }
            }
        }
        tiles
    })
}

/// The tile of a region, by its English name or its code.
pub(super) fn of(name: &str) -> Option<Tile> {
    all().get(&name.trim().to_lowercase()).cloned()
}

/// First row, first column, number of rows and columns that tiles take.
pub(super) fn grid<'t>(tiles: impl Iterator<Item = &'t Tile> + Clone) -> [usize; 4] {
    let ends = |of: fn(&Tile) -> usize| {
        let least = tiles.clone().map(of).min().unwrap_or(0);
        (least, tiles.clone().map(of).max().unwrap_or(0) - least + 1)
    };
    let ((top, rows), (left, columns)) = (ends(|t| t.row), ends(|t| t.column));
    [top, left, rows, columns]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tiles_of_a_grid_share_a_place_and_every_line_is_read() {
        for (grid, text) in GRIDS.iter().enumerate() {
            let mut places: Vec<_> = all().values().filter(|t| t.grid == grid).map(|t| (t.row, t.column, &t.short)).collect();
            places.sort();
            places.dedup();
            assert_eq!(places.len(), text.lines().count() - 1, "grid {grid}");
            assert!(places.windows(2).all(|w| (w[0].0, w[0].1) != (w[1].0, w[1].1)), "grid {grid}");
        }
    }

    #[test]
    fn provinces_have_tiles_and_a_stranger_has_none() {
        assert_eq!(of("Guangdong").map(|t| (t.row, t.column, t.short_zh)), Some((7, 3, "粤".into())));
        assert_eq!(of(" inner mongolia ").map(|t| t.row), Some(2));
        assert_eq!(of("Atlantis"), None);
    }
}
