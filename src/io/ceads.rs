//! The CEADs provincial workbook (2012, 2015, 2017 editions).
