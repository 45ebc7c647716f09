package pacer

import (
	"os"
	"strconv"
)

func seeds() int {
	n, _ := strconv.Atoi(os.Getenv("SEEDS"))
	if n == 0 {
		return 3
	}
	return n
}
