"""Names and values in SQL text that is printed."""

from ttdb.migrate.literal import text_array


def test_elements_of_an_array_are_quoted_where_they_are_no_plain_words() -> None:
    found = text_array(
        ["reports", "ttdb_app select public.orders", "data,team", "a{b", 'q"t', "b\\s", "NULL", "", "o'x"]
    )

    assert found == r"""'{reports,ttdb_app select public.orders,"data,team","a{b","q\"t","b\\s","NULL","",o''x}'"""
