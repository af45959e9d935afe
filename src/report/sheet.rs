//! One labelled table of numbers, ready for any format: analyses make sheets, writers know nothing else.

use std::rc::Rc;

use ndarray::Array2;

use crate::bounded::Bounded;

/// What stands in one place of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number with its bound.
    Bounded(Bounded),
    /// A number without a bound.
    Number(f64),
    /// How many.
    Count(usize),
    /// A name, or a number that a person reads in a form of its own.
    Word(String),
    /// Yes or no.
    Flag(bool),
    /// Nothing: not asked for, or not defined; never 0.
    Empty,
}

impl Cell {
    /// Value and bound.
    pub fn split(&self) -> (Cell, Cell) {
        match self {
            Cell::Bounded(v) => (Cell::Number(v.value), Cell::Number(v.bound)),
            other => (other.clone(), Cell::Empty),
        }
    }
}

macro_rules! cells {
    ($($kind:ty => $cell:ident),*) => {
        $(impl From<$kind> for Cell {
            fn from(v: $kind) -> Self {
                Cell::$cell(v.into())
            }
        })*
    };
}

cells!(Bounded => Bounded, f64 => Number, usize => Count, String => Word, &str => Word, bool => Flag);

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(v: Option<T>) -> Self {
        v.map_or(Cell::Empty, T::into)
    }
}

/// The rows or the columns of a sheet: names in parts (region, sector), each part under a heading.
#[derive(Clone)]
pub struct Axis<'a> {
    /// What the parts are.
    pub headings: Vec<String>,
    /// How many names there are.
    pub count: usize,
    names: Rc<dyn Fn(usize) -> Vec<String> + 'a>,
}

impl<'a> Axis<'a> {
    /// Names of one part.
    pub fn of(heading: &str, names: Vec<String>) -> Self {
        Axis::parts(&[heading], names.into_iter().map(|n| vec![n]).collect())
    }

    /// Names of several parts.
    pub fn parts(headings: &[&str], names: Vec<Vec<String>>) -> Self {
        Axis::made(headings, names.len(), move |k| names[k].clone())
    }

    /// Names that are made when they are written.
    pub fn made(headings: &[&str], count: usize, names: impl Fn(usize) -> Vec<String> + 'a) -> Self {
        Axis { headings: headings.iter().map(|h| (*h).to_string()).collect(), count, names: Rc::new(names) }
    }

    /// The columns of records: each with the heading of its bound, empty where it has none.
    pub fn columns<N: Into<String>, B: Into<String>>(columns: impl IntoIterator<Item = (N, B)>) -> Self {
        Axis::parts(&["column", "bound"], columns.into_iter().map(|(name, bound)| vec![name.into(), bound.into()]).collect())
    }

    /// Columns without bounds.
    pub fn plain(columns: &[&str]) -> Self {
        Axis::columns(columns.iter().map(|c| (*c, "")))
    }

    /// The name of place `k` in its parts.
    pub fn name(&self, k: usize) -> Vec<String> {
        (self.names)(k)
    }
}

/// How a file lays out values and bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A matrix; its bounds in a file of their own.
    Apart,
    /// Columns of their own kinds, each bound beside its value.
    Beside,
    /// As `Beside`, all bounds behind all values.
    Behind,
    /// A record for each cell.
    Long,
}

/// Where a sheet stands in an object: a path with dots between nested keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A list of lists, and that of its bounds.
    Lists(String, String),
    /// A list of objects.
    Records(String),
}

/// One labelled table; rows are made one by one, so that a sheet may be larger than the memory.
#[derive(Clone)]
pub struct Sheet<'a> {
    /// The name of its file.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// How a row and a column read; empty where the headings say it.
    pub reads: String,
    /// Unit of the numbers; empty: none, or one in each heading.
    pub unit: String,
    /// The rows.
    pub rows: Axis<'a>,
    /// The columns.
    pub columns: Axis<'a>,
    cells: Rc<dyn Fn(usize) -> Vec<Cell> + 'a>,
    units: Option<Rc<dyn Fn(usize, usize) -> String + 'a>>,
    /// Columns that are the same in every row: heading and word.
    pub same: Vec<(&'static str, String)>,
    /// How it is laid out.
    pub layout: Layout,
    /// Rows at the end that sum up the others.
    pub sums: usize,
    /// What must be said below it.
    pub notes: Vec<String>,
    /// Whether it is a file.
    pub file: bool,
    /// Whether people see it on a page.
    pub page: bool,
    /// Whether it was asked for by name, so that a short page has all of it.
    pub asked: bool,
    /// Where it stands in the object, if there.
    pub key: Option<Key>,
    /// What of it stands on a short page, if anything.
    pub digest: Option<Digest>,
}

/// What of a sheet stands on a short page: the rows at both ends of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The column that orders the rows, largest first.
    pub by: usize,
    /// The columns that are shown.
    pub columns: Vec<usize>,
    /// Lines below the table.
    pub notes: Vec<String>,
}

impl<'a> Sheet<'a> {
    /// A sheet whose row `k` is `cells(k)`.
    pub fn new(rows: Axis<'a>, columns: Axis<'a>, layout: Layout, cells: impl Fn(usize) -> Vec<Cell> + 'a) -> Self {
        let [name, title, reads, unit] = std::array::from_fn(|_| String::new());
        let (same, notes) = (Vec::new(), Vec::new());
        Sheet {
            name,
            title,
            reads,
            unit,
            rows,
            columns,
            cells: Rc::new(cells),
            units: None,
            same,
            layout,
            sums: 0,
            notes,
            file: false,
            page: false,
            asked: false,
            key: None,
            digest: None,
        }
    }

    /// A sheet of a matrix.
    pub fn matrix(rows: Axis<'a>, columns: Axis<'a>, values: &'a Array2<Bounded>) -> Self {
        Sheet::new(rows, columns, Layout::Apart, |r| values.row(r).iter().map(|v| Cell::Bounded(*v)).collect())
    }

    /// A title on a page, without a table; notes go below it.
    pub fn words(title: impl Into<String>) -> Self {
        Sheet::new(Axis::of("", Vec::new()), Axis::plain(&[]), Layout::Beside, |_| Vec::new()).page(title)
    }

    /// A sheet of columns of their own kinds: heading, heading of the bound, cells.
    pub fn of_columns(rows: Axis<'a>, layout: Layout, columns: Vec<(String, String, Vec<Cell>)>) -> Self {
        let (names, cells): (Vec<_>, Vec<_>) = columns.into_iter().map(|(name, bound, cells)| ((name, bound), cells)).unzip();
        Sheet::new(rows, Axis::columns(names), layout, move |r| cells.iter().map(|c| c[r].clone()).collect())
    }

    /// A file, and how a row reads.
    pub fn file(mut self, name: &str, reads: impl Into<String>, unit: &str) -> Self {
        (self.name, self.reads, self.unit, self.file) = (name.into(), reads.into(), unit.into(), true);
        self
    }

    /// A table on a page.
    pub fn page(mut self, title: impl Into<String>) -> Self {
        (self.title, self.page) = (title.into(), true);
        self
    }

    /// As [`Sheet::page`], asked for by name.
    pub fn asked(mut self, title: impl Into<String>) -> Self {
        self.asked = true;
        self.page(title)
    }

    /// A place in the object.
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// A list of lists in the object, its bounds beside it.
    pub fn lists(self, key: &str, bounds: &str) -> Self {
        self.key(Key::Lists(key.into(), bounds.into()))
    }

    /// Some columns for a short page, ordered by column `by`, and lines below them.
    pub fn digest(mut self, by: usize, columns: &[usize], notes: impl IntoIterator<Item = String>) -> Self {
        self.digest = Some(Digest { by, columns: columns.to_vec(), notes: notes.into_iter().collect() });
        self
    }

    /// Lines below the table.
    pub fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Units of cells, by row and column, where not all are in that of the sheet.
    pub fn units(mut self, units: impl Fn(usize, usize) -> String + 'a) -> Self {
        self.units = Some(Rc::new(units));
        self
    }

    /// The same with `tell` applied to its words: notes, and cells that are no numbers.
    pub fn told(mut self, tell: fn(&mut String)) -> Self {
        self.notes.iter_mut().for_each(tell);
        let cells = self.cells.clone();
        self.cells = Rc::new(move |r| {
            let mut row = cells(r);
            for cell in &mut row {
                if let Cell::Word(word) = cell {
                    tell(word);
                }
            }
            row
        });
        self
    }

    /// Says that the last `count` rows are sums.
    pub fn sums(mut self, count: usize) -> Self {
        self.sums = count;
        self
    }

    /// The cells of a row.
    pub fn row(&self, k: usize) -> Vec<Cell> {
        (self.cells)(k)
    }

    /// The unit of the numbers of a column in a row; empty: none.
    pub fn unit_of(&self, row: usize, column: usize) -> String {
        match &self.units {
            Some(units) => units(row, column),
            None => self.same.iter().find(|(heading, _)| *heading == "unit").map_or(&self.unit, |(_, unit)| unit).clone(),
        }
    }

    /// The name of a column and that of its bound.
    pub fn column(&self, k: usize) -> (String, Option<String>) {
        let mut name = self.columns.name(k);
        if self.layout == Layout::Apart {
            return (name.join(" | "), None);
        }
        let bound = if name.len() > 1 { name.pop() } else { None };
        (name.join(" | "), bound.filter(|b| !b.is_empty()))
    }
}

/// A column with a bound named after it, of numbers that may be undefined.
pub fn column<B: Into<Cell> + Copy>(name: impl Into<String>, numbers: &[B]) -> (String, String, Vec<Cell>) {
    let name = name.into();
    let bound = format!("bound of {name}");
    (name, bound, cells(numbers))
}

/// Numbers as cells.
pub fn cells<B: Into<Cell> + Copy>(numbers: &[B]) -> Vec<Cell> {
    numbers.iter().map(|v| (*v).into()).collect()
}

/// The parts of cells: values, and bounds where there are any.
pub fn parts(cells: &[Cell]) -> [Vec<Cell>; 2] {
    let (values, bounds) = cells.iter().map(Cell::split).unzip();
    [values, bounds]
}
