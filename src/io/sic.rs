//! The State Information Centre workbook.
