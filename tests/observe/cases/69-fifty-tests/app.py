"""Fifty tests of unittest.IsolatedAsyncioTestCase, each with a task of its own. Nothing is wrong. Ends by
itself."""
import asyncio
import unittest


class Calls(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.calls = []

    async def call(self, number):
        await asyncio.sleep(0.001)
        self.calls.append(number)

    async def asyncTearDown(self):
        self.assertEqual(len(self.calls), 2)


def of(number):
    async def test(self):
        calling = asyncio.create_task(self.call(number))
        await self.call(number)
        await calling

    return test


for number in range(50):
    setattr(Calls, f"test_{number}", of(number))

if __name__ == "__main__":
    unittest.main()
