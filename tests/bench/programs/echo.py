"""An echo server on loopback with 20 clients, each of 200 round trips. Prints the mean of one, in ms."""
import asyncio
import time


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def client(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(200):
        writer.write(b"ping\n")
        await reader.readline()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    started = time.perf_counter()
    await asyncio.gather(*(client(port) for _ in range(20)))
    print((time.perf_counter() - started) * 1000 / 200)
    server.close()
    await server.wait_closed()


asyncio.run(main())
