"""Stands before a server on this machine and hands its answers on later: relay.py PORT TO MILLISECONDS"""
import asyncio
import sys

PORT, TO, DELAY_S = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000


async def hand_on(reader, writer, delay_s):
    try:
        while data := await reader.read(65536):
            if delay_s:
                await asyncio.sleep(delay_s)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def take(reader, writer):
    their_reader, their_writer = await asyncio.open_connection("127.0.0.1", TO)
    await asyncio.gather(hand_on(reader, their_writer, 0), hand_on(their_reader, writer, DELAY_S))


async def main():
    async with await asyncio.start_server(take, "127.0.0.1", PORT) as server:
        await server.serve_forever()


asyncio.run(main())
