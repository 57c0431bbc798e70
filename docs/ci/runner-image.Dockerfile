# The runner as an image of your own registry: runner/Dockerfile, beside the folder wheels/ with the wheel of batchwright. A
# newer version is a pull request that changes the wheel and its name here.
FROM python:3.13-slim
COPY wheels/batchwright-0.1.0-py3-none-any.whl /tmp/
RUN useradd --system --create-home --uid 10001 batchwright \
    && pip install --no-cache-dir /tmp/batchwright-0.1.0-py3-none-any.whl
ENV PYTHONUNBUFFERED=1
USER batchwright
WORKDIR /home/batchwright
# The exec form: the runner is process 1 and gets every signal itself.
ENTRYPOINT ["batchwright"]
CMD ["--help"]
