//! `isard` alone: what to do first, in ten lines of either language.

use std::process::ExitCode;

use super::print;
use crate::labels::Tongue;

const EN: &str = "isard: who emits for whom, who answers, who pays; a proven bound for every number

  isard run                             try it: the embedded SYNTHETIC table, one page of text
  isard run --report page.html          the same as a page with maps, figures and methods
  isard audit TABLE                     what is wrong with your table, before anything is solved
  isard flows TABLE                     emissions by region of origin and of final demand
  isard responsibility TABLE            who answers for them, by eleven principles
  isard compensate TABLE --price 100    who pays whom how much
  isard explain WORD                    what a word of a result means, with its formula
  isard --help                          every command; isard COMMAND --help: its options
";

const ZH: &str = "isard：谁为谁排放，谁负责，谁支付；每个数字都有经证明的误差界

  isard run --lang zh                   试用：内置的合成数据表，一页文字
  isard run --report page.html          同上，生成带地图、图形与方法的网页（中英文）
  isard audit TABLE                     求解之前，检查您的数据表有何问题
  isard flows TABLE                     按排放地与最终需求地的排放
  isard responsibility TABLE            按十一种原则划分责任
  isard compensate TABLE --price 100    谁向谁支付多少
  isard explain WORD --lang zh          结果中某个词的含义与公式
  isard --help                          全部命令；isard COMMAND --help：该命令的选项
";

/// Prints the lines where nothing is asked for but, at most, a language.
pub(super) fn asked() -> Option<ExitCode> {
    let words: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let tongue = match words[..] {
        [] | ["--lang", "en"] | ["--lang=en"] => Tongue::En,
        ["--lang", "zh"] | ["--lang=zh"] => Tongue::Zh,
        _ => return None,
    };
    let printed = print(tongue.pick(EN, ZH));
    Some(if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
