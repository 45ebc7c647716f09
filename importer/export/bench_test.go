package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// A million rows of 12 columns, one in ten with line breaks and quotes: to be
// surveyed in at most 4 s, in at most 96 MiB.
const benchRows = 1_000_000

func writeBenchFile(b *testing.B, rows int) string {
	path := filepath.Join(b.TempDir(), "bench.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	w.WriteString("id,name,email,external_id,details,notes,phone,role,restriction,organization,tags,locale\n")
	for i := range rows {
		notes := "prefers mail"
		if i%10 == 0 {
			notes = "\"first line\nsaid \"\"call me\"\", then left\""
		}
		fmt.Fprintf(w, "%d,José Person %d,person.%d@example.com,crm-%d,,%s,+1 202-555-0100,end-user,,Example Org %d,vip,en\n", i, i, i, i, notes, i%1000)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkSurvey reads and judges the file; the metrics are the ratio to
// encoding/csv alone over the same file, and the peak resident memory.
func BenchmarkSurvey(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as main does
	path := writeBenchFile(b, benchRows)
	var alone, ours time.Duration
	for b.Loop() {
		start := time.Now()
		survey(b, path)
		ours += time.Since(start)
		b.StopTimer()
		if peak, ok := peakMemory(); ok {
			b.ReportMetric(peak, "peak-MiB")
		}
		start = time.Now()
		readAlone(b, path)
		alone += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(ours)/float64(alone), "x-encoding/csv")
}

func survey(b *testing.B, path string) {
	f, err := Open(b.Context(), path, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	s, err := f.Survey(b.Context(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	if s.Valid != benchRows {
		b.Fatalf("%d valid rows", s.Valid)
	}
}

func readAlone(b *testing.B, path string) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	for {
		if _, err := r.Read(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// peakMemory is the most that the process held, in MiB, where the system tells.
func peakMemory() (mib float64, ok bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(status) {
		if rest, found := bytes.CutPrefix(line, []byte("VmHWM:")); found {
			kib, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
			return float64(kib) / 1024, err == nil
		}
	}
	return 0, false
}
