"""What a table's numbers are in truth: balls of 200 bits, from the cells alone.

Arrays of balls are numpy arrays of objects; products of matrices go through `flint.arb_mat`. One inverse B of I - A is
made; every solve is a product with it, and every masked one a correction of small rank."""
import functools

import flint
import numpy as np

flint.ctx.prec = 200
arb = flint.arb
ZERO, ONE = arb(0), arb(1)


def mat(a):
    return flint.arb_mat(a.shape[0], a.shape[1], a.ravel().tolist())


def arr(m):
    out = np.empty(m.nrows() * m.ncols(), object)
    out[:] = m.entries()
    return out.reshape(m.nrows(), m.ncols())


def balls(a):
    a = np.asarray(a, float)
    out = np.empty(a.size, object)
    out[:] = [arb(v) for v in a.ravel().tolist()]
    return out.reshape(a.shape)


def zeros(*shape):
    return np.full(shape, ZERO, object)


def times(a, b):
    """The product of two arrays of balls."""
    column = b.ndim == 1
    out = arr(mat(a) * mat(b[:, None] if column else b))
    return out[:, 0] if column else out


def identity(n):
    return flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def solve(a, b):
    """a^-1 b; elimination loses few bits on these matrices, and the balls say how many."""
    return a.solve(b, algorithm="lu")


def inverse(a):
    """(I - a)^-1 of an array of balls."""
    one = identity(len(a))
    return solve(one - mat(a), one)


class Truth:
    def __init__(self, table):
        t = self.table = table
        self.n, self.count, self.per, self.region = t.n, t.count, t.per, t.region
        self.x = balls(t.x)
        live = self.live = t.x != 0
        self.recip = np.array([1 / v if on else ZERO for v, on in zip(self.x, live)], object)
        self.z = balls(t.z) * np.where(live, ONE, ZERO)[None, :]
        self.a = self.z * self.recip[None, :]
        self.v_total = balls(t.value).sum(0)
        self.v = self.v_total * self.recip
        self.m = balls(t.imports) * self.recip
        self.unexplained = 1 - self.a.sum(0) - self.v - self.m
        per = t.y.shape[1] // t.count
        y = self.y = balls(t.y)
        self.categories = per
        columns = [y[:, r * per:(r + 1) * per].sum(1) for r in range(t.count)]
        self.names = list(range(t.count))
        for name in ("exports", "stock"):
            column = getattr(t, name)
            if column is not None:
                columns.append(balls(column)), self.names.append(name)
        columns.append(self.x - balls(t.z).sum(1) - sum(columns)), self.names.append("error")
        self.demand = np.stack(columns, 1)
        # what the table calls final use, with its own error column and without what its rows leave over besides
        self.published = sum(columns[:-1]) + balls(t.error)
        self.at = {name: k for k, name in enumerate(self.names)}
        if t.emissions is not None:
            self.q = balls(t.emissions)
            self.f = self.q * self.recip

    def rows(self, s):
        return self.table.rows(s)

    def by_region(self, v):
        """Sums over the rows of each region."""
        return np.stack([v[self.rows(s)].sum(0) for s in range(self.count)])

    def of_region(self, v):
        """E_s v as rows (R x n)."""
        out = zeros(self.count, self.n)
        for s in range(self.count):
            out[s, self.rows(s)] = v[self.rows(s)]
        return out

    def column(self, name):
        return self.demand[:, self.at[name]] if name in self.at else zeros(self.n)

    @functools.cached_property
    def b(self):
        return inverse(self.a)

    @functools.cached_property
    def b_entries(self):
        return arr(self.b)

    def forward(self, c):
        return arr(self.b * mat(c[:, None] if c.ndim == 1 else c)) if c.ndim > 1 else arr(self.b * mat(c[:, None]))[:, 0]

    def transposed(self, c):
        """c'B for the rows of c."""
        return arr(mat(c) * self.b) if c.ndim > 1 else arr(mat(c[None, :]) * self.b)[0]

    @functools.cached_property
    def outputs(self):
        return self.forward(self.demand)

    @functools.cached_property
    def carbon(self):
        """M_s = T(E_s f), R x n."""
        return self.transposed(self.of_region(self.f))

    @functools.cached_property
    def worth(self):
        return self.transposed(self.of_region(self.v))

    @functools.cached_property
    def rest(self):
        """T(imports) and T(unexplained), 2 x n."""
        return self.transposed(np.stack([self.m, self.unexplained]))

    @functools.cached_property
    def flow(self):
        return self.by_region(self.f[:, None] * self.outputs)

    @functools.cached_property
    def direct(self):
        return self.by_region(self.q)

    @functools.cached_property
    def local_inverse(self):
        return [arr(inverse(self.a[self.rows(s), self.rows(s)])) for s in range(self.count)]

    def local(self, c):
        """Fd(c)."""
        out = zeros(*c.shape)
        for s in range(self.count):
            out[self.rows(s)] = times(self.local_inverse[s], c[self.rows(s)])
        return out

    def local_transposed(self, c):
        out = zeros(self.n)
        for s in range(self.count):
            out[self.rows(s)] = times(c[self.rows(s)][None, :], self.local_inverse[s])[0]
        return out

    @functools.cached_property
    def traded(self):
        """A between regions."""
        out = self.a.copy()
        for s in range(self.count):
            out[self.rows(s), self.rows(s)] = ZERO
        return mat(out)

    def trade(self, c):
        return arr(self.traded * mat(c)) if c.ndim > 1 else arr(self.traded * mat(c[:, None]))[:, 0]

    @functools.cached_property
    def outflow(self):
        """Deliveries to each region, final goods included, then abroad; nothing to the own region (n x (R + 1))."""
        out = zeros(self.n, self.count + 1)
        for r in range(self.count):
            out[:, r] = self.z[:, self.rows(r)].sum(1) + self.demand[:, r]
            out[self.rows(r), r] = ZERO
        out[:, self.count] = self.column("exports")
        return out

    @functools.cached_property
    def theta(self):
        own = np.array([self.worth[s, i] for i, s in enumerate(self.region)], object)
        e = self.outflow.sum(1)
        return self.by_region(own * e) / self.by_region(e)
