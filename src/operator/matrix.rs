//! A in the form it is stored in, shared by everything that works on it.

use std::sync::Arc;

use super::{Csr, Dense, Operator, Slices, TradeShare};

/// A and its form of storage. Copies share the entries.
#[derive(Clone)]
pub enum Matrix {
    /// Known by its products alone.
    Products(Arc<dyn Operator>),
    /// By rows.
    Rows(Arc<Csr>),
    /// With every entry.
    Dense(Arc<Dense>),
    /// By its trade shares and technologies.
    TradeShare(Arc<TradeShare>),
}

impl Matrix {
    /// A as an operator.
    pub fn operator(&self) -> &dyn Operator {
        match self {
            Matrix::Products(a) => a.as_ref(),
            Matrix::Rows(a) => a.as_ref(),
            Matrix::Dense(a) => a.as_ref(),
            Matrix::TradeShare(a) => a.as_ref(),
        }
    }
}

impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Matrix({}, {} rows, {} entries)", self.operator().name(), self.operator().dim(), self.operator().entries())
    }
}

impl From<Csr> for Matrix {
    fn from(a: Csr) -> Self {
        Matrix::Rows(a.into())
    }
}

impl From<Slices> for Matrix {
    fn from(a: Slices) -> Self {
        Matrix::Products(Arc::new(a))
    }
}

impl From<Dense> for Matrix {
    fn from(a: Dense) -> Self {
        Matrix::Dense(a.into())
    }
}

impl From<TradeShare> for Matrix {
    fn from(a: TradeShare) -> Self {
        Matrix::TradeShare(a.into())
    }
}
