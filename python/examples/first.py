"""Flows, accounts and payments of a table in memory, with the bound of every number."""

import numpy as np

import isard_mrio as isard

Z = np.array([[10.0, 5.0, 2.0, 1.0], [4.0, 20.0, 3.0, 6.0], [1.0, 2.0, 15.0, 5.0], [2.0, 4.0, 6.0, 30.0]])
Y = np.array([[30.0, 5.0], [40.0, 12.0], [4.0, 25.0], [9.0, 60.0]])
table = isard.from_arrays(
    Z, Y, F=[7.0, 9.0, 4.0, 16.0], regions=["north", "south"], sectors=["mines", "mills"], stressors=["CO2"], unit="10^8 yuan", units="Mt"
)
assert np.shares_memory(table.Z, Z)

flows = table.flows().check()
print(flows)
print("largest bound:", flows.bound.to_numpy().max(), flows.unit)

payments = isard.compensate(table, cost={"north": 120.0, "south": 80.0}).check()
print(payments)
