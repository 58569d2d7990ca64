# Pages: runs of automatic segmentation that do not go smoothly.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Groups;
use Audience::Test;

my $t = Audience::Test->start;


# People who fall into groups, or do not, by what a file is called.
my %files = (
    groups => Audience::Groups->new(seed => 5)->file(fans => 300, buyers => 160),
    uneven => Audience::Groups->new(seed => 4)->file(fans => 150, buyers => 30),
    noise  => Audience::Groups->new(seed => 9)->file(noise => 200),
    bare   => Audience::Groups->bare(20),
);


# stack.have('groups', 'tenant'): the file is imported.
sub have
{
    my ($file, $tenant) = @_;

    $t->import_file("$file.csv", $files{$file}, tenant => $tenant,
                    user => 'bia@example.com');
    return 1;
}

tell_stories($t, 'segmentation_runs', have => \&have,
             at_least => sub { $t->restart_worker('segmentation.min_people' => $_[0]) });

$t->finish;
