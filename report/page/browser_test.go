package page

import (
	"encoding/json"
	"errors"
	"fmt"
	nethtml "html"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inspector opens the page in a frame 360 pixels wide, looks at it, and leaves what it found as JSON in its own document.
const inspector = `<!doctype html><body><iframe src="/page" width="360" height="800"></iframe><pre id="found"></pre><script>
const frame = document.querySelector('iframe');
const luminance = (c) => {
  const [r, g, b] = c.match(/[\d.]+/g).map(Number).slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const paper = (e) => {
    for (; e; e = e.parentElement) {
      const c = view.getComputedStyle(e).backgroundColor;
      if (!/, 0\)$/.test(c) && c !== 'transparent') return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const pale = [];
  for (const e of page.body.querySelectorAll('*')) {
    const says = Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.data.trim());
    if (!says || e.closest('svg, script, option') || view.getComputedStyle(e).display === 'none') continue;
    const [a, b] = [luminance(view.getComputedStyle(e).color), luminance(paper(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) pale.push(e.tagName + ' ' + e.textContent.slice(0, 20) + ' ' + contrast.toFixed(2));
  }
  const found = { title: page.title, width: page.documentElement.scrollWidth, pale, scripts: page.scripts.length, images: page.images.length,
    dark: view.matchMedia('(prefers-color-scheme: dark)').matches, sentence: page.querySelector('.sentence').textContent,
    totals: Array.from(page.querySelectorAll('.counts tbody tr')).map((r) => r.cells[0].textContent + ' ' + r.cells[1].textContent),
    listed: page.querySelectorAll('#listed tbody tr').length,
    colours: new Set(Array.from(page.querySelectorAll('.counts .swatch')).map((e) => view.getComputedStyle(e).backgroundColor)).size };
  document.getElementById('found').textContent = JSON.stringify(found);
};
</script>`

// found is what the inspector saw.
type found struct {
	Title, Sentence                         string
	Width, Scripts, Images, Listed, Colours int
	Dark                                    bool
	Pale, Totals                            []string
}

// browse shows the page to a browser and returns what the inspector found.
func browse(t *testing.T, page []byte, dark bool) found {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no Chromium here: the page was not opened in a browser")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, inspector)
	})
	site := httptest.NewServer(mux)
	defer site.Close()
	out := dumpDOM(t, browser, site.URL+"/", dark)
	_, rest, _ := strings.Cut(string(out), `<pre id="found">`)
	text, _, _ := strings.Cut(rest, "</pre>")
	var f found
	if err := json.Unmarshal([]byte(nethtml.UnescapeString(text)), &f); err != nil {
		t.Fatalf("%v: %.500s", err, out)
	}
	return f
}

// dumpDOM returns what the browser has made of a page. A browser that dies by a signal has found nothing out: it is
// started up to three times. Any other failure counts.
func dumpDOM(t *testing.T, browser, url string, dark bool) []byte {
	t.Helper()
	for attempt := 1; ; attempt++ {
		args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-quic",
			"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
			"--user-data-dir=" + t.TempDir(), "--virtual-time-budget=10000", "--dump-dom"}
		if dark {
			args = append(args, "--blink-settings=preferredColorScheme=0")
		}
		out, err := exec.CommandContext(t.Context(), browser, append(args, url)...).Output()
		if err == nil {
			return out
		}
		died, ok := errors.AsType[*exec.ExitError](err)
		if !ok || died.Exited() || attempt == 3 {
			t.Fatal(err)
		}
		t.Logf("the browser died, attempt %d: %v", attempt, err)
	}
}

func TestPageInABrowser(t *testing.T) {
	page, err := examplePage(true).HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, dark := range []bool{false, true} {
		t.Run(map[bool]string{false: "light", true: "dark"}[dark], func(t *testing.T) {
			got := browse(t, page, dark)
			want := found{
				Title:    "Import of customers.csv: Complete; 12 rows need attention",
				Sentence: "990 of the 1,012 rows are customers now.",
				Width:    360,
				Listed:   12,
				Colours:  5,
				Dark:     dark,
				Pale:     []string{},
				Totals:   []string{"created 950", "conflict 40", "duplicate 10", "invalid 8", "failed 4"},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
