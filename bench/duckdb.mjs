/*
 * duckdb.mjs DATABASE THREADS: DuckDB in this process, driven by lines of JSON.
 *
 *   {"sql": "…"}                       runs it
 *   {"rate": ["…"], "clients": 2, "seconds": 5}
 *                                      runs the statements in turn on so many
 *                                      connections, for so long
 *
 * Each line is answered by one: {"seconds": 0.1, "rows": [[…]]}, where rows are
 * as JSON; {"done": 120, "seconds": 5.1}; or {"error": "…"}.
 */

import { DuckDBInstance } from '@duckdb/node-api';
import { createInterface } from 'node:readline';

const [database, threads] = process.argv.slice(2);
const instance = await DuckDBInstance.create(database, { threads });
const connection = await instance.connect();


async function statement(sql) {
    const start = performance.now();
    const reader = await connection.runAndReadAll(sql);
    const seconds = (performance.now() - start) / 1000;

    return { seconds, rows: reader.getRowsJson() };
}


async function rate(statements, clients, seconds) {
    const start = performance.now();
    let done = 0;

    async function client(n) {
        const own = await instance.connect();

        while (performance.now() - start < seconds * 1000) {
            await own.runAndReadAll(statements[n++ % statements.length]);
            done++;
        }
        own.closeSync();
    }

    await Promise.all(Array.from({ length: clients }, (_, i) => client(i * 7)));
    return { done, seconds: (performance.now() - start) / 1000 };
}


for await (const line of createInterface({ input: process.stdin })) {
    const ask = JSON.parse(line);
    let answer;

    try {
        answer = ask.sql ? await statement(ask.sql)
                         : await rate(ask.rate, ask.clients, ask.seconds);
    } catch (error) {
        answer = { error: String(error) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
}
