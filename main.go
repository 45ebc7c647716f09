// Jsm-onboard onboards customers in bulk to Jira Service Management Cloud.
package main

import (
	"context"
	"os"

	"jsm-onboard/importer/cli"
)

func main() {
	streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Environ(), streams))
}
