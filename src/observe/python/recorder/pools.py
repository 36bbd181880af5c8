# Jobs of concurrent.futures, of threads and of processes: where each was handed over, when it ran, how it
# ended, who asked for a failure, and whether whoever waited for it had given up.
#
# Uses of ring: emit, more, guard, new_actor, current_actor, thread_id; of places: user_place; of asyncio:
# error_text, error_place, task_actor; of threads: Marks, function_words, tell_code; of weave: woven; of queues:
# made; of start: when_imported, after_fork. A job is told by its future, which the recorder knows weakly.
_pool_jobs = None
# The asyncio futures that pass on what becomes of a job.
_pool_passed_on = None

# What runs a job: a thread of a pool, a process of one, or a loop (a coroutine from another thread).
_POOL_THREAD, _POOL_PROCESS, _POOL_LOOP = range(3)


class _Job:
    """A future's job: who it is, how far it has come, and whether somebody has heard of its failure."""

    __slots__ = ("actor", "runs_in", "is_running", "has_failed", "is_heard", "is_given_up", "asked_by", "asker", "outer")

    def __init__(self, actor, runs_in, asker):
        self.actor = actor
        self.runs_in = runs_in
        self.is_running = False
        self.has_failed = False
        self.is_heard = False
        self.is_given_up = False
        # The line that registered a callback of the program's, 0 if none did.
        self.asked_by = 0
        # Who handed it over.
        self.asker = asker
        # Whether an asyncio future passes on what becomes of it.
        self.outer = False


def future_actor(future):
    """The actor whose result a future is to have, of concurrent.futures or asyncio; 0 where it is not known."""
    job = _pool_jobs.get(future) or _pool_passed_on.get(future)
    return job.actor if job is not None else 0


def watch_bridge(future, actor):
    """Says that this future (of run_coroutine_threadsafe) tells what becomes of an actor, a task of a loop."""
    _pool_jobs.put(future, _Job(actor, _POOL_LOOP, 0))


def failure_logged(future):
    """Says that asyncio has logged the failure that this future of its own passes on."""
    job = _pool_passed_on.get(future)
    if job is not None and job.has_failed and not job.is_heard:
        job.is_heard = True
        emit(HEARD, job.actor, HEARD_LOGGED)


def tell_unheard():
    """At the end: the failures that nobody has asked for by then."""
    for outer, job in list(_pool_passed_on.things()):
        if job.has_failed and not job.is_heard and not getattr(outer, "_log_traceback", False):
            job.is_heard = True
            emit(HEARD, job.actor, HEARD_RAISED)
    for job in _pool_jobs.values() + _pool_passed_on.values():
        _pool_unheard(job)


def _pool_unheard(job):
    if job.has_failed and not job.is_heard:
        job.is_heard = True
        emit(HEARD, job.actor, HEARD_NOBODY)


def _pool_future_gone(job):
    """A job's future is gone: nobody can ask any more, except through the asyncio future that passes it on."""
    if not job.outer:
        _pool_unheard(job)


def _pool_outer_gone(job):
    """asyncio has logged the failure by now (failure_logged) if nobody had retrieved it."""
    if job.has_failed and not job.is_heard:
        job.is_heard = True
        emit(HEARD, job.actor, HEARD_RAISED)


def step_line(frame):
    """The line of the program that this frame is called by, within the step of a loop; else where its task was made.

    A task that is nothing but asyncio.to_thread(f) has no line of the program in its steps.
    """
    return _pool_step_line(frame) or _pool_task_place()


def _pool_step_line(frame):
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        if is_user_file(file):
            return place(file, frame.f_lineno, code.co_name)
        if code.co_name == "_run" and file.endswith("/asyncio/events.py"):
            return 0
        frame = frame.f_back
    return 0



def _pool_task_place():
    """The line that created the task whose step this is: the job is all that it does (create_task(to_thread(f)))."""
    loop = _task_running_loop() if _task_running_loop is not None else None
    task = _task_current(loop) if loop is not None else None
    return getattr(task, "_tandem_place", 0)


def _pool_from_asyncio(frame):
    return frame is not None and frame.f_code.co_filename.endswith("/asyncio/futures.py")


def _pool_remote_place(error):
    """The line of the program at which a job failed in another process, from the traceback it has sent."""
    lines = getattr(getattr(error, "__cause__", None), "tb", None)
    found = 0
    if isinstance(lines, str):
        for line in lines.split("\n"):
            words = line.strip().split('"')
            if len(words) == 3 and words[0] == "File " and is_user_file(words[1]):
                number, _, function = words[2][len(", line ") :].partition(", in ")
                if number.isdigit():
                    found = place(words[1], int(number), function)
    return found


class _JobHooks:
    """What the functions of Future and of the executors call (weave.py)."""

    @staticmethod
    @guard
    def submitted(future, function, runs_in):
        caller = sys._getframe(2).f_back
        where = step_line(caller)
        words, within = function_words(function)
        asker = current_actor()
        actor = new_actor(KIND_JOB, words, where, asker)
        tell_code(actor, within)
        _pool_jobs.put(future, _Job(actor, runs_in, asker))

    @staticmethod
    @guard
    def running(future):
        job = _pool_jobs.get(future)
        if job is None or job.runs_in == _POOL_LOOP:
            return
        job.is_running = True
        if job.runs_in == _POOL_THREAD:
            _thread_actors[thread_id()] = job.actor
        emit(TASK_STARTED, job.actor)

    @staticmethod
    @guard
    def finished(future):
        job = _pool_jobs.get(future)
        if job is None or job.runs_in == _POOL_LOOP:
            return
        emit(TASK_ENDED, job.actor, TASK_ENDED_FINISHED)
        _pool_over(job)

    @staticmethod
    @guard
    def failed(future, error):
        job = _pool_jobs.get(future)
        if job is None:
            return
        try:
            if job.runs_in != _POOL_LOOP:
                where = _pool_remote_place(error) if job.runs_in == _POOL_PROCESS else error_place(error)
                stack(error_stack(error))
                emit(TASK_ENDED, job.actor, TASK_ENDED_FAILED, where, error_text(error))
                _pool_over(job)
            job.has_failed = True
        finally:
            error = None

    @staticmethod
    @guard
    def cancelled(future):
        job = _pool_jobs.get(future)
        if job is None:
            return
        if job.runs_in == _POOL_LOOP:
            cancel_bridged(job.actor, _pool_step_line(sys._getframe(2).f_back))
            return
        _pool_tell_cancel(job, sys._getframe(2).f_back)
        emit(TASK_ENDED, job.actor, TASK_ENDED_CANCELLED)

    @staticmethod
    @guard
    def refused(future):
        """A job that runs cannot be cancelled: whoever waited for it gives it up, and it goes on."""
        job = _pool_jobs.get(future)
        if job is not None and job.is_running and not job.is_given_up and job.runs_in != _POOL_LOOP:
            job.is_given_up = True
            _pool_tell_cancel(job, sys._getframe(2).f_back)

    @staticmethod
    @guard
    def asked(future):
        if future._exception is None:
            return
        job = _pool_jobs.get(future)
        caller = sys._getframe(2).f_back
        if job is not None and not job.is_heard and not _pool_from_asyncio(caller):
            job.is_heard = True
            by = current_actor()
            is_value = sys._getframe(2).f_code.co_name == "exception"
            frames = frames_outward(caller)
            if not is_value and _pool_logs(frames, future._exception):
                emit(HEARD, job.actor, HEARD_LOGGED)
                return
            hearer = _Hearer(thread=True, value=is_value)
            _heard_raised(job.actor, frames, by if by != job.actor else 0, future._exception, hearer)

    @staticmethod
    @guard
    def called_back(future, callback):
        job = _pool_jobs.get(future)
        if job is None or job.is_heard:
            return
        caller = sys._getframe(2).f_back
        file = caller.f_code.co_filename
        if file.endswith("/asyncio/futures.py") or "/concurrent/futures/" in file:
            return
        job.asked_by = _pool_step_line(caller)

    @staticmethod
    @guard
    def has_called(future):
        """Its callbacks have been called: one of the program's could act, unless it has asked and what that raised was logged."""
        job = _pool_jobs.get(future)
        if job is not None and job.has_failed and not job.is_heard and job.asked_by:
            _pool_heard(job, job.asked_by)

    @staticmethod
    @guard
    def chained(source, destination):
        job = _pool_jobs.get(source)
        if job is not None:
            job.outer = True
            _pool_passed_on.put(destination, job)

    @staticmethod
    @guard
    def passed_on(destination, error):
        """The failure of a job goes to an asyncio future: whoever awaits that one hears of it."""
        job = _pool_passed_on.get(destination)
        if job is None or job.is_heard:
            return
        hearer = frames = None
        try:
            hearer = _heard_by_future(destination)
            if hearer is None or hearer.nobody or hearer.bridge:
                return
            job.is_heard = True
            if hearer.thread:
                _heard_raised(job.actor, frames_outward(sys._getframe(2)), thread_actor(), error, hearer)
            else:
                frames = await_frames(hearer.task.get_coro())[::-1]
                _heard_raised(job.actor, frames, task_actor(hearer.task), error, hearer)
        finally:
            hearer = frames = error = destination = None


def _pool_logs(frames, error):
    """Whether what is raised comes up to a future that calls its callbacks, which only logs it."""
    within = []
    for frame in frames:
        if frame.f_code.co_filename.endswith("concurrent/futures/_base.py"):
            return catching(within, error) is None
        within.append(frame)
    return False


def _pool_heard(job, where):
    """Somebody on this thread hears of the failure of a job."""
    job.is_heard = True
    by = current_actor()
    if by and by != job.actor:
        more(by)
    emit(HEARD, job.actor, HEARD_RAISED, where)


def _pool_over(job):
    job.is_running = False
    count_end()
    if job.runs_in == _POOL_THREAD:
        _thread_actors.pop(thread_id(), None)


def _pool_tell_cancel(job, caller):
    """Tells who cancels a job: a line of the program, or what cancelled the task that awaited it."""
    reason, by, where = CANCEL_REQUESTED_PROGRAM, current_actor(), _pool_step_line(caller)
    if _pool_from_asyncio(caller):
        why = cancel_reason_of(job.asker)
        if why is not None:
            reason, by, where = why.reason, why.by, why.place
        else:
            by, where = job.asker, 0
    if by and by != job.actor:
        more(by)
    emit(CANCEL_REQUESTED, job.actor, reason, where)


def _pools_watch_futures(base):
    future = base.Future
    woven(future, "set_running_or_notify_cancel", _JobHooks, ("before return True", "hook.running(self)"))
    woven(future, "set_result", _JobHooks, ("before self._result = result", "hook.finished(self)"))
    woven(
        future,
        "set_exception",
        _JobHooks,
        ("before self._exception = exception", "hook.failed(self, exception)"),
        ("after self._invoke_callbacks()", "hook.has_called(self)"),
    )
    woven(
        future,
        "cancel",
        _JobHooks,
        ("before self._state = CANCELLED", "hook.cancelled(self)"),
        ("before return False", "hook.refused(self)"),
    )
    woven(future, "result", _JobHooks, ("before return self.__get_result()", "hook.asked(self)"))
    woven(future, "exception", _JobHooks, ("before return self._exception", "hook.asked(self)"))
    woven(
        future,
        "add_done_callback",
        _JobHooks,
        ("first", "hook.called_back(self, fn)"),
        ("after fn(self)", "hook.has_called(self)"),
    )


def _pools_watch_executor(executor, runs_in):
    woven(
        executor,
        "submit",
        _JobHooks,
        ("after f = _base.Future()", "hook.submitted(f, fn, %d)" % runs_in),
    )
    woven(executor, "__init__", made_hooks(RESOURCE_POOL), ("first", "hook.made(self)"))


def _pools_watch_asyncio(futures):
    woven(futures, "_chain_future", _JobHooks, ("first", "hook.chained(source, destination)"))
    woven(futures, "_copy_future_state", _JobHooks, ("before dest.set_exception(", "hook.passed_on(dest, exception)"))


def _pools_forked():
    """In the child of a fork no job runs."""
    _pool_jobs.known.clear()
    _pool_passed_on.known.clear()


def pools_open():
    global _pool_jobs, _pool_passed_on
    _pool_jobs = Marks(_pool_future_gone)
    _pool_passed_on = Marks(_pool_outer_gone)
    after_fork(_pools_forked)
    when_imported("concurrent.futures._base", _pools_watch_futures)
    when_imported(
        "concurrent.futures.thread", lambda module: _pools_watch_executor(module.ThreadPoolExecutor, _POOL_THREAD)
    )
    when_imported(
        "concurrent.futures.process", lambda module: _pools_watch_executor(module.ProcessPoolExecutor, _POOL_PROCESS)
    )
    when_imported("asyncio.futures", _pools_watch_asyncio)
