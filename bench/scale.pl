#!/usr/bin/perl
#
# bench/scale.pl [SVG]
#
# Cost of a count as profiles go from ten thousand to five million: processor
# time of nginx for one count, sent over one connection, for the five cheap
# filters and for all 14 in turn.  Writes the plot into SVG
# (docs/count-by-size.svg with SIZE=full).

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Filters;
use Audience::Test;
use JSON::PP ();

my $svg = shift || (full() ? "$FindBin::Bin/../docs/count-by-size.svg"
                           : folder() . '/count-by-size.svg');
my @sizes = full() ? (10_000, 100_000, 1_050_000, 5_250_000)
                   : (10_000, 100_000, 300_000);
my $json = JSON::PP->new->utf8->canonical;
my @filters = filters();
my %bodies = (
    'equality, range, AND, OR' => [map { body($_) } grep { $_->{easy} } @filters],
    'all 14 in turn' => [map { body($_) } @filters],
);
my @names = sort keys %bodies;


sub body { $json->encode({ filter => $_[0]{filter}, limit => 0 }) }


# Microseconds of nginx for one request.
sub cost
{
    my ($t, $bodies) = @_;

    my $before = nginx_cpu($t);
    my $text = wrk($t, '/v1/query', { seconds => size(4, 2), connections => 1,
                                      output => 1 }, @$bodies);

    return 1e6 * (nginx_cpu($t) - $before) / ($text =~ /(\d+) requests in/)[0];
}


sub measure
{
    my ($rows) = @_;

    my $t = Audience::Test->start(root => loaded($rows), worker => 0,
                                  BENCH_NGINX);
    my %point = (profiles => $t->count);

    for my $name (@names) {
        $point{$name} = [map { cost($t, $bodies{$name}) } 1 .. rounds()];
    }
    $t->stop_nginx;
    return \%point;
}


# --- the plot: both axes logarithmic, a dotted line of proportion --------------

my ($width, $height, $left, $bottom) = (640, 400, 70, 350);
my ($right, $top) = ($width - 20, 20);

sub log10 { log($_[0]) / log(10) }
sub x_of { sprintf '%.1f', $left + (log10($_[0]) - 4) / 3 * ($right - $left) }
sub y_of { sprintf '%.1f', $bottom - log10($_[0]) / 5 * ($bottom - $top) }


sub text_at
{
    my ($x, $y, $anchor, $text) = @_;
    return qq{<text x="$x" y="$y" text-anchor="$anchor">$text</text>\n};
}


sub line_through
{
    my ($class, @points) = @_;

    my $list = join ' ', map { x_of($_->[0]) . ',' . y_of($_->[1]) } @points;
    return qq{<polyline class="$class" points="$list"/>\n};
}


sub axes
{
    my %x = (1e4 => '10 thousand', 1e5 => '100 thousand', 1e6 => '1 million',
             1e7 => '10 million');
    my %y = (1 => '1 µs', 10 => '10 µs', 100 => '100 µs', 1e3 => '1 ms',
             1e4 => '10 ms', 1e5 => '100 ms');

    return join '',
        map({ line_through('grid', [$_, 1], [$_, 1e5])
              . text_at(x_of($_), $bottom + 20,
                        $_ == 1e7 ? 'end' : 'middle', $x{$_}) } sort keys %x),
        map({ line_through('grid', [1e4, $_], [1e7, $_])
              . text_at($left - 8, y_of($_) + 4, 'end', $y{$_}) } sort keys %y),
        text_at(($left + $right) / 2, $height - 8, 'middle', 'profiles');
}


sub curve
{
    my ($class, $label, $name, @points) = @_;

    my @line = map { [$_->{profiles}, median(@{ $_->{$name} })] } @points;
    my ($first, $last) = @line[0, -1];

    return line_through($class, @line)
        . line_through('proportion', $first,
                       [$last->[0], $first->[1] * $last->[0] / $first->[0]])
        . text_at(x_of($line[1][0]), y_of($line[1][1]) + $label, 'middle',
                  $name);
}


sub plot
{
    my @points = @_;

    open my $out, '>:utf8', $svg or die "$svg: $!";
    print {$out} qq{<svg xmlns="http://www.w3.org/2000/svg" }
        . qq{viewBox="0 0 $width $height" role="img" }
        . qq{aria-label="Cost of a count by number of profiles">\n<style>\n}
        . "svg { background: #fff; font: 13px sans-serif }\n"
        . "polyline { fill: none; stroke-width: 2 }\n"
        . ".grid { stroke: #ddd; stroke-width: 1 }\n"
        . ".proportion { stroke: #999; stroke-width: 1; stroke-dasharray: 2 4 }\n"
        . ".cheap { stroke: #06c }\n.all { stroke: #c30 }\n</style>\n"
        . axes() . curve('all', -50, $names[0], @points)
        . curve('cheap', 24, $names[1], @points) . "</svg>\n";
    close $out or die "$svg: $!";
}


my @points = map { measure($_) } @sizes;

# The ratio of a line is its growth since the line before, by that of profiles.
for my $name (@names) {
    my $before;

    table("Processor time of one count: $name", 'microseconds', map {
        my @now = ($_->{profiles}, median(@{ $_->{$name} }));
        my $growth = $before && ($now[1] / $before->[1])
                                / ($now[0] / $before->[0]);

        $before = \@now;
        ["$_->{profiles} profiles", $_->{$name}, $growth];
    } @points);
}
print "ratio: growth of the cost by growth of profiles, since the line before;",
      " 1 is linear\n";

plot(@points);
