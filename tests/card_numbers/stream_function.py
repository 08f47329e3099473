"""The stream's function, called in PyFlink's Java without a job."""

import os
from collections.abc import Callable

from swipestream.settings import Settings
from swipestream.stack.functions_jar import ensure_functions_jar
from swipestream.stack.java import java_home

CLASS = "swipestream.cards.HoldsCardNumber"


def stream_function() -> Callable[..., bool]:
    """`holds_card_number` of the job."""
    os.environ["JAVA_HOME"] = str(java_home())
    from pyflink.java_gateway import get_gateway

    gateway = get_gateway()
    jvm = gateway.jvm
    jar = ensure_functions_jar(Settings.load())
    urls = gateway.new_array(jvm.java.net.URL, 1)
    urls[0] = jvm.java.net.URI(jar.as_uri()).toURL()
    loader = jvm.java.net.URLClassLoader(
        urls, jvm.java.lang.Thread.currentThread().getContextClassLoader()
    )
    function = loader.loadClass(CLASS).getDeclaredConstructor(None).newInstance(None)
    string_data = jvm.org.apache.flink.table.data.StringData

    def holds_card_number(*texts: str | None) -> bool:
        array = gateway.new_array(string_data, len(texts))
        for place, text in enumerate(texts):
            array[place] = None if text is None else string_data.fromString(text)
        return bool(function.eval(array))

    return holds_card_number
