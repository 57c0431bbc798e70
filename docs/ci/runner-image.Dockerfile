# The runner as an image of your own registry: runner/Dockerfile. A newer version is a pull request that changes one line.
FROM python:3.13-slim
RUN useradd --system --create-home --uid 10001 batchwright \
    && pip install --no-cache-dir batchwright==0.1.0
ENV PYTHONUNBUFFERED=1
USER batchwright
WORKDIR /home/batchwright
# The exec form: the runner is process 1 and gets every signal itself.
ENTRYPOINT ["batchwright"]
CMD ["--help"]
