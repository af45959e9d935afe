//! Tables of finer sectors: parts with output shares, structures of sales and inputs, and the price of not knowing them; and of
//! finer regions: shares of parts, and trade between them.

mod bought;
mod cells;
mod factors;
mod fit;
mod knowledge;
mod lifted;
mod mix;
mod nest;
mod parts;
mod possible;
mod range;
mod regional;
mod regions;
mod sold;
mod table;

pub use factors::factored_regions;
pub use fit::Fit;
pub use knowledge::Knowledge;
pub use lifted::Lifted;
pub use mix::{Between, Mix};
pub use nest::{Nested, nest};
pub use parts::{Parts, exactly};
pub use range::{Range, RangeOf, ranges};
pub use regional::split_regions;
pub use regions::Regions;
pub use table::{Made, split};
