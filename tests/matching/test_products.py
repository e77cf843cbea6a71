"""Single numbers of products are those of the whole product."""

import numpy as np
import pytest
import scipy.sparse as sp

from matching.products import cells, dots, picked, spread_out

RNG = np.random.default_rng(5)


def sparse(rows, columns):
    found = sp.random_array((rows, columns), density=0.3, rng=RNG, format="csr")
    found.sort_indices()
    return sp.csr_array(found.astype(np.float32))


PLACES, COLUMNS = np.array([0, 3, 3, 6, 1]), np.array([2, 0, 4, 4, 1])


def test_cells_are_numbers_of_the_product():
    rows, table = sparse(7, 9), RNG.random((9, 5)).astype(np.float32)
    whole = rows @ table
    assert cells(rows, PLACES, table, COLUMNS) == pytest.approx(whole[PLACES, COLUMNS], abs=1e-6)


def test_what_is_picked_is_what_stands_there():
    rows = sparse(7, 5)
    assert picked(rows, PLACES, COLUMNS) == pytest.approx(rows.toarray()[PLACES, COLUMNS])


def test_dots_are_products_of_single_rows():
    rows, others = sparse(7, 9), sparse(5, 9)
    whole = rows.toarray() @ others.toarray().T
    found = dots(rows, PLACES, others, COLUMNS)
    assert found == pytest.approx(whole[PLACES, COLUMNS], abs=1e-6)


def test_rows_that_hold_nothing_give_nothing():
    empty = sp.csr_array((7, 5), dtype=np.float32)
    table = np.ones((5, 5), dtype=np.float32)
    assert not cells(empty, PLACES, table, COLUMNS).any()
    assert not picked(empty, PLACES, COLUMNS).any()
    assert not dots(empty, PLACES, sparse(5, 5), COLUMNS).any()


def test_rows_are_spread_out_with_a_weight_each():
    rows = sparse(3, 6)
    found = spread_out(rows, np.array([0, 2, 5]), 7, np.array([2, 3, 4], dtype=np.float32))
    expected = np.zeros((7, 6), dtype=np.float32)
    expected[[0, 2, 5]] = rows.toarray() * np.array([[2], [3], [4]])
    assert found.toarray() == pytest.approx(expected)
