//! Tables of finer sectors: parts with output shares, structures of sales and inputs, and the price of not knowing them.

mod bought;
mod cells;
mod fit;
mod knowledge;
mod lifted;
mod parts;
mod possible;
mod range;
mod sold;
mod table;

pub use fit::Fit;
pub use knowledge::Knowledge;
pub use lifted::Lifted;
pub use parts::{Parts, exactly};
pub use range::{Range, RangeOf, ranges};
pub use table::{Made, split};
