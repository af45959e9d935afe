"""A published table read without isard: cells as exact doubles."""
import csv
import os
import re

import numpy as np


class Table:
    """Cells of a table, as doubles: z (n x n), y (n x R C), x, exports, stock, error, emissions, value (k x n), imports."""

    def __init__(self, name, arguments, regions, z, y, x, **columns):
        self.name, self.arguments, self.regions = name, arguments, regions
        self.z, self.y, self.x = z, y, x
        self.n, self.count = len(x), len(regions)
        self.per = self.n // self.count
        self.exports, self.stock = columns.get("exports"), columns.get("stock")
        self.emissions, self.value, self.imports = columns.get("emissions"), columns["value"], columns["imports"]
        self.error = columns["error"]
        self.money = columns.get("money")
        self.region = [i // self.per for i in range(self.n)]

    def rows(self, s):
        return slice(s * self.per, (s + 1) * self.per)


def modelled(data):
    """The modelled table of China 2017, 31 regions x 42 sectors."""
    path = os.path.join(data, "mrio_31x42_2017_modelled", "mrio31x42_2017.npz")
    a = np.load(path, allow_pickle=False)
    one = lambda name: np.asarray(a[name], float).ravel()
    return Table("modelled 31 x 42", [path, "--emissions-unit", "Mt", "--table-unit", "10^4 yuan"], [str(r) for r in a["prov"]],
                 np.asarray(a["Z"], float), np.asarray(a["Y"], float), one("X"), exports=one("EX"), error=one("ERR"), emissions=one("CO2"),
                 value=np.asarray(a["VA"], float), imports=one("IM"), money=1e4)


def sic(data, year="2007"):
    """The table of the State Information Centre, 8 regions x 17 sectors; only 2007 has emissions."""
    import xlrd
    folder = os.path.join(data, "irio_sic_2002_2007")
    path, sheet = os.path.join(folder, "China_IRIO_2002_2007_SIC.xls"), f"{year}-17"
    book = xlrd.open_workbook(path).sheet_by_name(sheet)
    cell = lambda i, j: str(book.cell_value(i, j)).strip()
    sector, demand = re.compile(r"[A-H](?!900)\d{3}$"), re.compile(r"F[A-H](?!900)\d{3}$")
    head, side = 3, 3  # codes stand in the fourth row and the fourth column
    columns = {cell(head, j): j for j in range(side + 1, book.ncols)}
    lines = {cell(i, side): i for i in range(head + 1, book.nrows)}
    number = lambda i, j: float(book.cell_value(i, j) or 0)
    codes = [c for c in lines if sector.match(c)]
    assert codes == [c for c in columns if sector.match(c)], "rows and columns of a table are the same sectors"
    block = lambda of: np.array([[number(lines[c], columns[d]) for d in of] for c in codes])
    line = lambda code: np.array([number(lines[code], columns[c]) for c in codes])
    emissions, arguments = None, [path, "--sheet", sheet]
    if year == "2007":
        inventory = os.path.join(folder, "co2_2007_8x17_Mt.csv")
        arguments += ["--emissions", inventory]
        with open(inventory, newline="", encoding="utf-8-sig") as f:
            emissions = np.array([[float(v) for v in row[1:]] for row in list(csv.reader(f))[1:]]).ravel()
    return Table(f"SIC {year}", arguments, sorted({c[0] for c in codes}), block(codes), block([c for c in columns if demand.match(c)]),
                 block(["XX"])[:, 0], exports=block(["EX"])[:, 0], stock=block(["STK"])[:, 0], error=block(["ERR"])[:, 0],
                 emissions=emissions,
                 value=np.array([line(c) for c in lines if re.match(r"VA\d{3}$", c)]), imports=line("IM"), money=1e4)
