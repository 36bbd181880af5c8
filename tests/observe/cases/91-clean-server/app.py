"""Nothing is wrong here: an echo server with five clients, and a clean shutdown."""
import asyncio


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def client(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for turn in range(3):
        writer.write(f"{number} {turn}\n".encode())
        await reader.readline()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await asyncio.gather(*(client(port, number) for number in range(5)))
    await asyncio.sleep(0.05)
    print("closed")


asyncio.run(main())
