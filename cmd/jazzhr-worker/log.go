package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
)

// The values of LOG_FORMAT.
const (
	logAuto = "auto"
	logTint = "tint"
	logJSON = "json"
)

// newLogger returns a logger that writes in a format of LOG_FORMAT, in colour only on a terminal.
func newLogger(w io.Writer, format string, level slog.Level) *slog.Logger {
	terminal := isTerminal(w)
	if format == logJSON || format == logAuto && !terminal {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, NoColor: !terminal, TimeFormat: time.TimeOnly}))
}

// isTerminal reports whether a person is at the other end of a reader or writer.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
