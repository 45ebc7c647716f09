package pacer

import (
	"testing"
)

// BenchmarkWait is the cost of leave and answer where nothing is limited.
func BenchmarkWait(b *testing.B) {
	p := NewGroup(Config{}).Pacer("create", 0)
	b.ReportAllocs()
	for b.Loop() {
		ticket, _ := p.Wait(b.Context(), false)
		p.Done(ticket, Answer{Kind: Passed})
	}
}

// BenchmarkWaitCrowd is the same for 64 workers at once.
func BenchmarkWaitCrowd(b *testing.B) {
	p := NewGroup(Config{}).Pacer("create", 0)
	b.SetParallelism(workers / 2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ticket, _ := p.Wait(b.Context(), false)
			p.Done(ticket, Answer{Kind: Passed})
		}
	})
}

// BenchmarkWaitLevels is the same while a level is told that limits nothing.
func BenchmarkWaitLevels(b *testing.B) {
	p := NewGroup(Config{}).Pacer("create", 0)
	level := &Level{Remaining: 1 << 40}
	for b.Loop() {
		ticket, _ := p.Wait(b.Context(), false)
		p.Done(ticket, Answer{Kind: Passed, Level: level})
	}
}
