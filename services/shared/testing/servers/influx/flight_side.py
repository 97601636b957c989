"""The gRPC half of the wire: Arrow Flight's DoGet with a ticket of JSON, as InfluxDB's clients ask."""

import json
import threading

import pyarrow as pa
from pyarrow import flight

import query


class Auth(flight.ServerMiddlewareFactory):
    def __init__(self, token):
        self.token = token

    def start_call(self, info, headers):
        given = headers.get("authorization", [""])[0]
        if self.token is not None and given.split(" ", 1)[-1] != self.token:
            raise flight.FlightUnauthenticatedError("Unauthenticated")


class Server(flight.FlightServerBase):
    def __init__(self, world):
        super().__init__("grpc://127.0.0.1:0", middleware={"auth": Auth(world.options.token)})
        self.world = world

    def do_get(self, context, ticket):
        asked = json.loads(ticket.ticket)
        try:
            table = self.world.select(asked["database"], asked["sql_query"], asked.get("params"))
        except query.Unknown as error:
            raise flight.FlightInternalError(f"Cannot retrieve database: {error}")
        except query.TooManyFiles as error:
            raise flight.FlightInternalError(f"External error: {error}")
        except Exception as error:
            raise pa.ArrowInvalid(f"Error while planning query: {error}")
        return flight.RecordBatchStream(table)


def start(world):
    """Its port."""
    server = Server(world)
    threading.Thread(target=server.serve, daemon=True).start()
    return server.port
