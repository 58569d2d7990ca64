#!/usr/bin/perl
#
# bench/pages.pl
#
# What somebody waits for at the pages, in Debian's Chromium: from the key or the
# click to the picture that shows what came of it, pauses for who types on
# included.  A tenant with a hundred thousand audiences and a field with fifty
# thousand values stands beside one with a hundred and with fifty: the ratio is
# what size costs.  bench/pages.mjs does the work.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Lists;
use Audience::Node;
use Audience::Test;
use File::Path ();
use JSON::PP ();

use constant FEW => 100;

my ($loaded) = lists_base();
my $root = copy_of($loaded);
my $t = Audience::Test->start(root => $root, http => 'access_log off;');
my $json = JSON::PP->new->utf8->canonical;

$t->import_file('crm.csv', Audience::Lists::people(0, FEW, FEW / 2),
                tenant => 'small');
wait_idle($t);
for (0 .. FEW - 1) {
    my $made = $t->post('/v1/audiences', Audience::Lists::audience($_),
                        tenant => 'small');

    die "$made->{content}\n" if $made->{status} != 201;
}

Audience::Node::install('t/browser');
open my $node, '-|', 'node', "$FindBin::Bin/pages.mjs", $t->url, size(20, 5)
    or die "node: $!";

my (@names, %took);
while (my $line = <$node>) {
    my ($name, $tenant, $all, $answer) = @{ $json->decode($line) };

    push @names, $name if !$took{$name};
    push @{ $took{$name}{$tenant} }, [$all, $answer];
}
close $node or die "the browser failed\n";

sub part
{
    my ($name, $tenant, $i) = @_;

    return sort { $a <=> $b } map { $_->[$i] } @{ $took{$name}{$tenant} };
}

printf "\n%d audiences, %d people, %d values, milliseconds until it is seen\n\n",
       AUDIENCES, PEOPLE, VALUES;
printf "%-36s %8s %8s %8s %10s %8s\n", '', 'median', 'slowest', 'answer',
       'of a few', 'ratio';

for my $name (@names) {
    my @many = part($name, 'demo', 0);
    my $few = median(part($name, 'small', 0));

    printf "%-36s %8.0f %8.0f %8.0f %10.0f %8.2f\n", $name, median(@many),
           $many[-1], median(part($name, 'demo', 1)), $few, median(@many) / $few;
}

$t->stop_worker;
$t->stop_nginx;
File::Path::remove_tree($root);
