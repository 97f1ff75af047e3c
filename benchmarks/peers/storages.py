#!/usr/bin/env python3
"""Cycles of ask and tell a second with Optuna's storages, each client a process of its own.

    benchmarks/peers/storages.py --folder FOLDER --clients 1,8,64 --seconds 5

The counterpart of the program `ask_tell`: two parameters, random search, results on disk in FOLDER.
`sqlite` and `journal` are files that all clients open; `grpc` is Optuna's proxy server before the
SQLite file, on a port of loopback.
"""

import argparse
import multiprocessing
import os
import socket
import tempfile
import time

import optuna


def sqlite_url(folder):
    return f"sqlite:///{folder}/optuna.db"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(folder, port):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = optuna.storages.RDBStorage(sqlite_url(folder))
    optuna.storages.run_grpc_proxy_server(storage, host="127.0.0.1", port=port)


def open_storage(kind, folder, port):
    if kind == "sqlite":
        return optuna.storages.RDBStorage(
            sqlite_url(folder), engine_kwargs={"connect_args": {"timeout": 60}})
    if kind == "journal":
        file = optuna.storages.journal.JournalFileBackend(f"{folder}/optuna.log")
        return optuna.storages.JournalStorage(file)
    return optuna.storages.GrpcStorageProxy(host="127.0.0.1", port=port)


def work(kind, folder, port, ready, go, stop, cycles):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="s", storage=open_storage(kind, folder, port),
                              sampler=optuna.samplers.RandomSampler())
    ready.release()
    go.wait()
    while not stop.is_set():
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        trial.suggest_float("y", 0, 1)
        study.tell(trial, x)
        with cycles.get_lock():
            cycles.value += 1


def wait_for_server(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)


def rate(kind, clients, seconds, parent):
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        context = multiprocessing.get_context("spawn")
        port = free_port()
        server = None
        if kind == "grpc":
            server = context.Process(target=serve, args=(folder, port), daemon=True)
            server.start()
            wait_for_server(port)
        optuna.create_study(study_name="s", storage=open_storage(kind, folder, port))
        ready = context.Semaphore(0)
        go, stop = context.Event(), context.Event()
        cycles = context.Value("i", 0)
        processes = [context.Process(target=work, daemon=True,
                                     args=(kind, folder, port, ready, go, stop, cycles))
                     for _ in range(clients)]
        for process in processes:
            process.start()
        for _ in processes:
            ready.acquire()
        go.set()
        start = time.monotonic()
        time.sleep(seconds)
        measured = cycles.value / (time.monotonic() - start)
        stop.set()
        for process in processes:
            process.join(timeout=60)
            process.kill()
        if server is not None:
            server.kill()
        return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default=".", help="where the storages are made")
    parser.add_argument("--storages", default="sqlite,journal,grpc")
    parser.add_argument("--clients", default="1,8,64")
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print(f"optuna {optuna.__version__}, {arguments.seconds:.0f} s each", flush=True)
    for kind in arguments.storages.split(","):
        for clients in map(int, arguments.clients.split(",")):
            cycles = rate(kind, clients, arguments.seconds, os.path.abspath(arguments.folder))
            print(f"{clients:2} clients, {kind:8} {cycles:8.1f} a second", flush=True)


if __name__ == "__main__":
    main()
