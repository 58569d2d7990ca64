# Audience::Node: runs a Node.js program of t/<folder>, with the packages that
# the folder's package-lock.json pins.
#
#   my ($output, $status) = run_node('t/browser', 'upload.mjs', @arguments);
#
# Packages are installed (npm ci) when the lock file is newer than they are.

package Audience::Node;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT_OK = qw(run_node);


sub run_node
{
    my ($folder, $program, @arguments) = @_;

    install($folder);

    open my $pipe, '-|', 'node', "$folder/$program", @arguments
        or die "node: $!\n";
    my $output = do { local $/; <$pipe> };
    close $pipe;
    return ($output // '', $?);
}


sub install
{
    my ($folder) = @_;

    my $stamp = "$folder/node_modules/.package-lock.json";
    return if -e $stamp && -M $stamp <= -M "$folder/package-lock.json";

    my $log;

    for my $try (1 .. 5) {                      # networks have their moments
        sleep 5 * ($try - 1);
        $log = qx{cd $folder && npm ci --no-audit --no-fund 2>&1 </dev/null};
        next if $?;
        utime undef, undef, $stamp;
        return;
    }
    die "npm ci in $folder failed:\n$log";
}

1;
